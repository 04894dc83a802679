//! scratch
use asl::jsonata::{Expression, Frame, Limits};
use asl::value::{NoVariables, SplitMix};
use serde_json::json;
fn main() {
    let source = std::env::args().nth(1).unwrap();
    let input = json!({"a": (0..20000).collect::<Vec<i32>>()});
    let started = std::time::Instant::now();
    let found = match Expression::compile(&source) {
        Err(e) => format!("compile {e}"),
        Ok(e) => { let mut random = SplitMix::new(1); let v = json!(null); let mut frame = Frame{input:&input,context:&v,result:None,error_output:None,variables:&NoVariables,random:&mut random,now_ms:0,limits:Limits::default()};
          match e.evaluate("Output", &mut frame) { Ok(v) => format!("ok {} bytes", v.to_string().len()), Err(e) => e.cause.to_string() } }
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    println!("{:6} ms {} {}", started.elapsed().as_millis(), peak, found.chars().rev().take(90).collect::<String>().chars().rev().collect::<String>());
}
