// Runs a Node.js handler against Lambda's Runtime API. Started by refit as `node node.mjs`.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function exchange(method, suffix, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request({ host, port, agent, method, path: `/2018-06-01/runtime${suffix}`, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

async function load() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const [file, ...names] = path.basename(process.env._HANDLER).split('.');
  const base = path.join(root, path.dirname(process.env._HANDLER), file);
  let loaded;
  if (fs.existsSync(`${base}.mjs`)) loaded = await import(pathToFileURL(`${base}.mjs`).href);
  else if (fs.existsSync(`${base}.cjs`)) loaded = createRequire(`${root}/`)(`${base}.cjs`);
  else if (fs.existsSync(`${base}.js`)) {
    try {
      loaded = createRequire(`${root}/`)(`${base}.js`);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM' && !(error instanceof SyntaxError)) throw error;
      loaded = await import(pathToFileURL(`${base}.js`).href);
    }
  } else throw Object.assign(new Error(`Cannot find module '${file}'`), { name: 'Runtime.ImportModuleError' });
  const handler = names.reduce((value, name) => value?.[name], loaded);
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

function call(handler, event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, result) => (error ? reject(error) : resolve(result)));
    if (returned?.then) returned.then(resolve, reject);
  });
}

async function main() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    await exchange('POST', '/init/error', JSON.stringify(described(error)));
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await exchange('GET', '/invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const context = {
      awsRequestId: id,
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    };
    try {
      const result = await call(handler, JSON.parse(body), context);
      await exchange('POST', `/invocation/${id}/response`, JSON.stringify(result === undefined ? null : result));
    } catch (error) {
      console.error(error);
      await exchange('POST', `/invocation/${id}/error`, JSON.stringify(described(error)));
    }
  }
}

main().catch(() => process.exit(0));
