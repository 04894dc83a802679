//! Statements, as far as they matter: assignments, calls, functions, imports, and the blocks they stand in.

use super::ast::{Dialect, Expr, Form, Function, Statement};
use super::lexer::{Kind, Token};
use super::parser::Parser;
use crate::model::{Fault, FaultKind};
use std::rc::Rc;

/// How deep blocks may nest.
const MAX_DEPTH: usize = 48;

/// Words that begin a block in Python; what stands before the colon does not matter.
const PYTHON_BLOCKS: &[&str] =
    &["if", "elif", "else", "for", "while", "with", "try", "except", "finally", "class"];

/// All statements of a program.
pub(super) fn program(parser: &mut Parser<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    while !parser.at_end() {
        let before = parser.position();
        match parser.dialect {
            Dialect::Python => python(parser, &mut statements),
            Dialect::TypeScript => typescript(parser, &mut statements),
        }
        if parser.position() == before {
            parser.next();
        }
    }
    statements
}

/// Steps over the rest of a logical line. What is left there, after a whole statement, does not belong.
fn end_line(parser: &mut Parser<'_>, is_whole: bool) {
    let token = parser.peek();
    if is_whole && !matches!(token.kind, Kind::Newline | Kind::End) && !parser.is(";") {
        let word = parser.word(token);
        let message = format!(
            "`{word}` does not belong here: a statement ends before it, and there is no line break"
        );
        parser.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: parser.span(token),
            message,
            says: Some("SyntaxError: invalid syntax".to_owned()),
            correction: None,
        });
    }
    if parser.eat(";") {
        return;
    }
    while !matches!(parser.peek().kind, Kind::Newline | Kind::End) {
        parser.next();
    }
    if parser.peek().kind == Kind::Newline {
        parser.next();
    }
}

fn python(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    let first = parser.peek();
    if first.kind == Kind::Newline {
        parser.next();
        return;
    }
    match parser.word(first) {
        "import" => python_import(parser, out),
        "from" => python_from(parser, out),
        "def" | "async" if parser.depth < MAX_DEPTH => python_function(parser, first, out),
        "return" => {
            parser.next();
            let value = parser.expression();
            out.push(Statement::Return(value));
            end_line(parser, true);
        }
        "pass" | "break" | "continue" | "global" | "nonlocal" | "raise" | "assert" | "del" => {
            parser.next();
            end_line(parser, false);
        }
        "@" => end_line(parser, false),
        word if (PYTHON_BLOCKS.contains(&word) || is_match(parser, word))
            && first.kind == Kind::Name
            && parser.depth < MAX_DEPTH =>
        {
            python_block(parser, first, out);
        }
        _ => python_simple(parser, out),
    }
}

/// Whether `match` or `case`, which are names elsewhere, begin a block: their line ends with a colon.
fn is_match(parser: &Parser<'_>, word: &str) -> bool {
    let ends_with_colon = || {
        let mut end = 1;
        while !matches!(parser.ahead(end).kind, Kind::Newline | Kind::End) {
            end += 1;
        }
        end > 2 && parser.word(parser.ahead(end - 1)) == ":"
    };
    matches!(word, "match" | "case") && ends_with_colon()
}

fn python_simple(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    let mut targets = vec![tuple(parser)];
    if parser.eat(":") {
        // An annotation.
        parser.expression();
    }
    let mut is_plain = true;
    while matches!(parser.word(parser.peek()), "=" | "+=" | "-=" | "*=" | "|=")
        && parser.peek().kind == Kind::Operator
    {
        is_plain &= parser.is("=");
        parser.next();
        targets.push(tuple(parser));
    }
    let value = targets.pop();
    match value {
        Some(value) if targets.is_empty() => out.push(Statement::Expression(value)),
        Some(value) if is_plain => out.push(Statement::Assign(targets, value)),
        Some(value) => {
            let form = Form::Unknown;
            out.push(Statement::Assign(targets, Expr { span: value.span, form }));
        }
        None => {}
    }
    end_line(parser, true);
}

/// An expression, or several with commas between.
fn tuple(parser: &mut Parser<'_>) -> Expr {
    let first = parser.expression();
    if !parser.is(",") {
        return first;
    }
    let span = first.span;
    let mut items = vec![first];
    while parser.eat(",")
        && !matches!(parser.peek().kind, Kind::Newline | Kind::End)
        && !parser.is("=")
    {
        items.push(parser.expression());
    }
    let end = items.last().map_or(span, |item| item.span);
    Expr { span: span.to(end), form: Form::List(items) }
}

fn dotted(parser: &mut Parser<'_>) -> String {
    let mut path = String::new();
    while parser.peek().kind == Kind::Name || parser.is(".") || parser.is("...") {
        if parser.is("import") || parser.is("as") {
            break;
        }
        let is_sign = parser.peek().kind == Kind::Operator;
        if !is_sign && !path.is_empty() && !path.ends_with('.') {
            break;
        }
        let token = parser.next();
        path.push_str(parser.word(token));
    }
    path
}

fn python_import(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    parser.next();
    loop {
        let path = dotted(parser);
        if parser.eat("as") {
            let alias = parser.next();
            let alias = parser.word(alias).to_owned();
            out.push(Statement::Import(path, None, alias));
        } else {
            // `import a.b` binds `a`.
            let root = path.split('.').next().unwrap_or_default().to_owned();
            out.push(Statement::Import(root.clone(), None, root));
        }
        if !parser.eat(",") {
            break;
        }
    }
    end_line(parser, true);
}

fn python_from(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    parser.next();
    let path = dotted(parser);
    parser.eat("import");
    let is_open = parser.eat("(");
    loop {
        while is_open && parser.peek().kind == Kind::Newline {
            parser.next();
        }
        let name = parser.peek();
        if name.kind != Kind::Name {
            if parser.is("*") {
                parser.next();
                out.push(Statement::Import(path.clone(), Some("*".to_owned()), "*".to_owned()));
            }
            break;
        }
        parser.next();
        let name = parser.word(name).to_owned();
        let alias = if parser.eat("as") {
            let alias = parser.next();
            parser.word(alias).to_owned()
        } else {
            name.clone()
        };
        out.push(Statement::Import(path.clone(), Some(name), alias));
        if !parser.eat(",") {
            break;
        }
    }
    if is_open {
        parser.eat(")");
    }
    end_line(parser, true);
}

/// The statements below a line: those that stand further in, or on the line itself.
fn python_body(parser: &mut Parser<'_>, head: Token) -> Vec<Statement> {
    let mut body = Vec::new();
    parser.depth += 1;
    if parser.peek().kind != Kind::Newline {
        python(parser, &mut body);
        parser.depth -= 1;
        return body;
    }
    parser.next();
    let margin = head.indent.unwrap_or(0);
    while !parser.at_end() {
        let token = parser.peek();
        if token.kind != Kind::Newline && token.indent.is_some_and(|indent| indent <= margin) {
            break;
        }
        let before = parser.position();
        python(parser, &mut body);
        if parser.position() == before {
            parser.next();
        }
    }
    parser.depth -= 1;
    body
}

fn python_function(parser: &mut Parser<'_>, head: Token, out: &mut Vec<Statement>) {
    if parser.eat("async") && !parser.is("def") {
        python_block(parser, head, out);
        return;
    }
    parser.next();
    let name = parser.next();
    let name = parser.word(name).to_owned();
    let parameters = parser.parameters().unwrap_or_default();
    while !parser.is(":") && !matches!(parser.peek().kind, Kind::Newline | Kind::End) {
        parser.next();
    }
    parser.eat(":");
    let body = python_body(parser, head);
    out.push(Statement::Define(name, Rc::new(Function { parameters, body })));
}

fn python_block(parser: &mut Parser<'_>, head: Token, out: &mut Vec<Statement>) {
    let name = parser.ahead(1);
    let class = (parser.word(head) == "class" && name.kind == Kind::Name)
        .then(|| Expr { span: parser.span(name), form: Form::Name(parser.word(name).to_owned()) });
    out.extend(bound_names(parser));
    let mut depth = 0_usize;
    while !matches!(parser.peek().kind, Kind::Newline | Kind::End) {
        if depth == 0 && parser.is(":") {
            break;
        }
        let token = parser.next();
        match parser.word(token) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    parser.eat(":");
    let body = python_body(parser, head);
    if let Some(name) = class {
        out.push(Statement::Assign(
            vec![name.clone()],
            Expr { span: name.span, form: Form::Unknown },
        ));
    }
    out.push(Statement::Block(body));
}

/// Names that the head of a block gives values to: `for a, b in …`, `with … as f`, `except E as e`.
fn bound_names(parser: &Parser<'_>) -> Vec<Statement> {
    let mut names = Vec::new();
    let mut is_bound = false;
    for ahead in 0.. {
        let token = parser.ahead(ahead);
        match parser.word(token) {
            _ if matches!(token.kind, Kind::Newline | Kind::End) => break,
            "for" | "as" => is_bound = true,
            "in" | ":" | "=" => is_bound = false,
            word if is_bound && token.kind == Kind::Name => {
                let target = Expr { span: parser.span(token), form: Form::Name(word.to_owned()) };
                names.push(Statement::Assign(
                    vec![target.clone()],
                    Expr { span: target.span, form: Form::Unknown },
                ));
            }
            _ => {}
        }
    }
    names
}

/// `{ … }` with statements inside.
pub(super) fn braces(parser: &mut Parser<'_>) -> Vec<Statement> {
    let mut body = Vec::new();
    parser.eat("{");
    parser.depth += 1;
    while !parser.is("}") && !parser.at_end() {
        let before = parser.position();
        if parser.depth < MAX_DEPTH {
            typescript(parser, &mut body);
        }
        if parser.position() == before {
            parser.next();
        }
    }
    parser.eat("}");
    parser.depth -= 1;
    body
}

fn typescript(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    if parser.eat(";") {
        return;
    }
    let mut is_export = false;
    while parser.is("export") || parser.is("default") || parser.is("declare") {
        is_export |= parser.is("export");
        parser.next();
    }
    let from = out.len();
    let first = parser.peek();
    match parser.word(first) {
        "import" => typescript_import(parser, out),
        "const" | "let" | "var" => {
            parser.next();
            loop {
                typescript_variable(parser, out);
                if !parser.eat(",") {
                    break;
                }
            }
            let names: Vec<String> =
                out[from..].iter().filter(|_| is_export).filter_map(assigned).collect();
            out.extend(names.into_iter().map(Statement::Export));
        }
        "async" if parser.word(parser.ahead(1)) == "function" => {
            parser.next();
            typescript_function(parser, out);
        }
        "function" => typescript_function(parser, out),
        "return" => {
            parser.next();
            let value = parser.expression();
            out.push(Statement::Return(value));
        }
        "if" | "for" | "while" | "switch" | "catch" if first.kind == Kind::Name => {
            parser.next();
            if parser.is("(") {
                parser.expression();
            }
        }
        "else" | "try" | "finally" | "do" if first.kind == Kind::Name => drop(parser.next()),
        "interface" | "type" | "enum" | "class"
            if parser.ahead(1).kind == Kind::Name && first.kind == Kind::Name =>
        {
            while !parser.is("{") && !parser.is(";") && !parser.at_end() && !parser.is("=") {
                parser.next();
            }
            if parser.is("{") {
                let body = braces(parser);
                if parser.word(first) == "class" {
                    out.push(Statement::Block(body));
                }
            }
        }
        "{" => {
            let body = braces(parser);
            out.push(Statement::Block(body));
        }
        _ => {
            let target = parser.expression();
            if parser.eat("=") {
                let value = parser.expression();
                out.push(Statement::Assign(vec![target], value));
            } else {
                out.push(Statement::Expression(target));
            }
        }
    }
    parser.eat(";");
}

fn assigned(statement: &Statement) -> Option<String> {
    match statement {
        Statement::Assign(targets, _) => match &targets.first()?.form {
            Form::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn typescript_variable(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    let target = parser.peek();
    let target = if matches!(parser.word(target), "{" | "[") {
        parser.expression()
    } else {
        parser.next();
        Expr { span: parser.span(target), form: Form::Name(parser.word(target).to_owned()) }
    };
    if parser.eat(":") {
        let mut depth = 0_usize;
        while !parser.at_end() && !(depth == 0 && (parser.is("=") || parser.is(";"))) {
            match parser.word(parser.peek()) {
                "<" | "{" | "(" | "[" => depth += 1,
                ">" | "}" | ")" | "]" => depth = depth.saturating_sub(1),
                _ => {}
            }
            parser.next();
        }
    }
    if parser.eat("=") {
        let value = parser.expression();
        out.push(Statement::Assign(vec![target], value));
    }
}

fn typescript_function(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    parser.next();
    let name = parser.next();
    let name = parser.word(name).to_owned();
    let parameters = parser.parameters().unwrap_or_default();
    let body = if parser.is("{") { braces(parser) } else { Vec::new() };
    out.push(Statement::Define(name, Rc::new(Function { parameters, body })));
}

fn typescript_import(parser: &mut Parser<'_>, out: &mut Vec<Statement>) {
    parser.next();
    let mut names: Vec<(Option<String>, String)> = Vec::new();
    while !parser.is(";") && !parser.at_end() && parser.peek().kind != Kind::Text {
        let token = parser.next();
        let word = parser.word(token).to_owned();
        match word.as_str() {
            "*" => {
                parser.eat("as");
                let alias = parser.next();
                names.push((None, parser.word(alias).to_owned()));
            }
            "{" | "}" | "," | "from" | "type" => {}
            _ if token.kind == Kind::Name => {
                let alias = if parser.eat("as") {
                    let alias = parser.next();
                    parser.word(alias).to_owned()
                } else {
                    word.clone()
                };
                names.push((Some(word), alias));
            }
            _ => break,
        }
    }
    if parser.peek().kind == Kind::Text {
        let token = parser.next();
        let module = parser.word(token).trim_matches(['"', '\'', '`']).to_owned();
        for (name, alias) in names {
            out.push(Statement::Import(module.clone(), name, alias));
        }
    }
}
