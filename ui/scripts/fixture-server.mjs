// Serves the built screens over the test household, so that one can look at them without the program:
//   npm run build && npm run fixtures            (household: lisa, karin or empty; PORT for the port)
// Same content security policy as the window, same way to the program as the test bridge (`shell.js`). Only this computer can reach it.
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer as createVite } from 'vite';

const ui = fileURLToPath(new URL('..', import.meta.url));
const household = process.argv[2] ?? 'lisa';
const csp = JSON.parse(readFileSync(join(ui, '../src-tauri/tauri.conf.json'), 'utf8')).app.security.csp;
const policy = Object.entries({ ...csp, 'connect-src': "'self'" })
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.woff': 'font/woff' };

const vite = await createVite({ root: ui, server: { middlewareMode: true, hmr: false, ws: false }, appType: 'custom', logLevel: 'error' });
const { FixtureProgram } = await vite.ssrLoadModule('/src/test/fixtures.ts');
const program = new FixtureProgram(household);

const server = createServer(async (request, reply) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (path === '/rpc' && request.method === 'POST') {
    let body = '';
    for await (const part of request) body += part;
    const [status, answer] = await program.call(JSON.parse(body)).then(
      (value) => [200, value],
      (thrown) => [400, thrown.fault ?? { code: 'internal', detail: null }],
    );
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    return;
  }
  if (path === '/events') {
    reply.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.flushHeaders();
    const stop = program.listen({ event: (event) => reply.write(`data: ${JSON.stringify(event)}\n\n`), gap: () => undefined });
    request.on('close', stop);
    return;
  }
  if (path === '/shell.js') {
    reply.writeHead(200, { 'content-type': TYPES['.js'] });
    createReadStream(join(ui, 'scripts/shell.js')).pipe(reply);
    return;
  }
  const file = join(ui, 'dist', normalize(path === '/' ? '/index.html' : path));
  if (!file.startsWith(join(ui, 'dist')) || !existsSync(file)) {
    reply.writeHead(404).end();
    return;
  }
  reply.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy });
  if (file.endsWith('index.html')) reply.end(readFileSync(file, 'utf8').replace('<script ', '<script src="/shell.js"></script><script '));
  else createReadStream(file).pipe(reply);
});
server.listen(Number(process.env.PORT ?? 5199), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`http://127.0.0.1:${port}/ (${household})`);
});
