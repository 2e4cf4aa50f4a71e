/** What speaks another protocol to the port for lines is told so, HTTP in its own words. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { echoGateway } from '../support/echo-gateway.ts';
import { Nc } from '../support/nc.ts';

test('foreign protocols get one ProtocolMismatch line and the end', async (t) => {
  const { port } = await echoGateway(t);
  for (const hello of ['\u0016\u0003\u0001', 'PRI * HTTP/2.0\r\n', '\r\nHost: x\r\n']) {
    const nc = await Nc.to(port);
    nc.send(hello);
    const lines = await nc.rest();
    assert.equal(lines.length, 1, hello);
    const line = JSON.parse(lines[0]!) as Record<string, unknown>;
    assert.equal(line['error'], 'ProtocolMismatch');
    assert.equal(line['id'], -1);
    assert.equal(line['closing'], true);
  }
});

test('HTTP on the port for lines is answered as HTTP: 400, with the one line as its body, and the end', async (t) => {
  const { port } = await echoGateway(t);
  for (const method of ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH']) {
    // A body larger than is read must not cost the client the answer.
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? Buffer.alloc(300_000, 'x') : undefined;
    const asked = request({ port, host: '127.0.0.1', method, agent: false });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const said = await text(answer);
    assert.deepEqual(
      [answer.statusCode, answer.headers['content-type'], answer.headers['connection'], asked.reusedSocket],
      [400, 'application/json', 'close', false],
      method,
    );
    assert.equal(Number(answer.headers['content-length']) > 0, true);
    if (method === 'HEAD') assert.equal(said, '');
    else {
      const { error, msg, id, closing } = JSON.parse(said) as Record<string, unknown>;
      assert.deepEqual([error, id, closing], ['ProtocolMismatch', -1, true], method);
      assert.match(String(msg), /JSON object per line; .* --http-port/);
    }
  }
  // Behind a line it is no HTTP connection: whoever speaks lines gets a line.
  const nc = await Nc.to(port);
  nc.send('{"id":1}\nGET / HTTP/1.1\r\n\r\n');
  assert.match((await nc.rest()).at(-1)!, /^\{"id":-1,"error":"ProtocolMismatch"/);
});
