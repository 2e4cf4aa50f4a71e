/** What else answers at an address that should be a data centre's. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { foreignProtocol } from '../../src/transport/foreign.ts';

const SAID: readonly (readonly [string, string | undefined])[] = [
  ['HTTP/1.1 400 Bad Request\r\n', 'an HTTP server'],
  ['HTTP/1.0 200 OK\r\n', 'an HTTP server'],
  ['<!DOCTYPE html><html>', 'a web page'],
  ['\r\n<html><body>log in', 'a web page'],
  ['SSH-2.0-OpenSSH_9.6', 'an SSH server'],
  ['220 mail.example ESMTP', 'a mail or FTP server'],
  ['+OK dovecot ready', 'a mail server'],
  ['-ERR unknown command', 'a Redis server'],
  // An alert: unexpected message; the beginning of a server hello.
  ['\x15\x03\x01\x00\x02\x02\x0a', 'a TLS server'],
  ['\x16\x03\x03\x00\x7a\x02', 'a TLS server'],
  // What a data centre says: resPQ in the intermediate and abridged transports, a status, a quick ack; and nothing.
  ['\x54\x00\x00\x00\x00\x00\x00\x00', undefined],
  ['\x15\x00\x00\x00\x00\x00\x00\x00', undefined],
  ['\x04\x00\x00\x00\x6c\xfe\xff\xff', undefined],
  ['', undefined],
];

test('a foreign server is known by its first bytes', () => {
  for (const [said, kind] of SAID)
    assert.equal(foreignProtocol(Buffer.from(said, 'latin1')), kind, JSON.stringify(said));
});
