/** Rules of `src/front`: whom a front listens to, and how much it holds of him. */
import { rulesOf, type Rule } from './rule.ts';

export const FRONT: readonly Rule[] = [
  ...rulesOf('src/front/host-check.ts', 'front/http', [
    ['Host: evil-localhost is not loopback', "host.endsWith('.localhost')", "host.endsWith('localhost')"],
    [
      'a request without Host is refused',
      'if (header === undefined) return false;',
      'if (header === undefined) return true;',
    ],
    ['127.0.0.1.evil.example is not loopback', '/^127(?:\\.\\d{1,3}){3}$/', '/^127(?:\\.\\d{1,3}){3}/'],
  ]),
  ...rulesOf('src/main/clients/tokens.ts', 'tokens', [
    ['an unknown token is nobody', 'if (fitting?.length === 0) return undefined;', ''],
    ['not every token may export keys', 'fitting?.some((one) => one.mayExport) === true', 'fitting !== undefined'],
    ['a comment is no token', "line !== '' && !line.startsWith('#')", "line !== ''"],
  ]),
  ...rulesOf('src/front/http-requests.ts', 'front/http', [
    [
      'a Host that is not ours is refused',
      'found?.endpoint.isForAnyHost !== true && !this.#hosts.permits(host)',
      'found?.endpoint.isForAnyHost !== true && host === undefined',
    ],
    [
      'a form of another site is refused',
      "if (!isJson(headers['content-type']))",
      "if (headers['content-type'] === 'x')",
    ],
    [
      'a body that says it is too long is refused',
      "if (Number(headers['content-length'] ?? 0) > limits.maxLine)",
      'if (limits.maxLine < 0)',
    ],
    [
      'counters are shown to who has a token',
      "const bearer = this.#bearer(request);\n    if ('refused' in bearer) return this.#refuse(response, bearer.refused, bearer.fields);\n    this.#counters",
      'this.#counters',
    ],
    [
      'a token is needed where there are any',
      'return tokens.areNeeded ? NO_TOKEN : tokens.nobody;',
      'return tokens.nobody;',
    ],
    ['who tries tokens connects anew for each', "if (name === 'RateLimited') response.shouldKeepAlive = false;", ''],
    ['who asks on without taking answers is cut', 'if (owed.size > MOST_OWED) return void socket.destroy();', ''],
    [
      'a body that is compressed is refused',
      "if (!/^(?:identity)?$/i.test(headers['content-encoding'] ?? ''))",
      "if (headers['content-encoding'] === 'x')",
    ],
    [
      'a method is asked for where it is',
      'const operation = endpoint.operations.get(request.method!);',
      'const operation = [...endpoint.operations.values()][0];',
    ],
    ['what kept sessions are is stored by nobody on the way', "response.setHeader('Cache-Control', 'no-store');", ''],
    [
      'who only watches has few places',
      '} else if (this.#watchers < MOST_WATCHERS) {',
      '} else if (this.#watchers < 1e9) {',
    ],
    [
      'the gateway that starts or stops takes nothing',
      '    if (!this.#admission.isServing)\n',
      '    if (limits.maxLine < 0)\n',
    ],
  ]),
  ...rulesOf('src/account/name.ts', 'account/name', [
    ['no session has a name that HTTP clients take out of a path', '(?!\\.{1,2}$)', ''],
  ]),
  ...rulesOf('src/front/session-change.ts', 'session-change', [
    ['a change says resident alone', 'if (!tape.hasKey(m, RESIDENT)) return stranger(tape.keyText(m));', ''],
    ['a change is read if it is short', 'if (body.length > LONGEST_CHANGE) return', 'if (body.length < 0) return'],
    ['a change may begin with a byte order mark', 'const start = firstByte(body);', 'const start = 0;'],
    ['null changes nothing', 'cells[NEXT] === NODE || cells[NODE + KIND] === NULL', 'cells[NEXT] === NODE'],
    ['a place in a change counts from its first byte', 'pos: start + pos,', 'pos,'],
  ]),
  ...rulesOf('src/front/session-asks.ts', 'front/http', [
    ['what is no name is not asked for', 'if (NAME.test(name)) return by(name);', 'return by(name);'],
    ['what is no method of TL stands in no line', 'if (!METHOD.test(method)) {', "if (method === '') {"],
  ]),
  ...rulesOf('src/front/method-line.ts', 'front/method-line', [
    [
      'a body that closes the message before its end is refused',
      "if (rest < body.length) return notJson('the body is one object, and something stands behind it', rest);",
      '',
    ],
    [
      'a bracket in a string is none',
      'if (byte === QUOTE) at = stringEnd(body, at + 1);',
      'if (byte === QUOTE) continue;',
    ],
    ['a quote behind a backslash ends no string', 'at += byte === BACKSLASH ? 2 : 1;', 'at += 1;'],
    ['what ends as an array is no object', 'if (body[close] !== CLOSE)', 'if (body[close] === OPEN)'],
  ]),
  ...rulesOf('src/front/idempotency-key.ts', 'front/idempotency-key', [
    ['a key is so long', 'key.length > 0 && key.length <= LONGEST', 'key.length > 0'],
  ]),
  ...rulesOf('src/front/http-paths.ts', 'front/http', [
    ['HEAD is wherever GET is', "if (operation.method === 'GET') operations.set('HEAD', operation);", ''],
  ]),
  ...rulesOf('src/front/session-status.ts', 'front/session-status', [
    ['a time that is not whole is waited out', 'Math.ceil(said.retry_after ?? 0)', 'Math.floor(said.retry_after ?? 0)'],
  ]),
  ...rulesOf('src/front/http-client.ts', 'front/http', [
    [
      'not every HTTP client may export keys',
      'const flags = requestFlags(bearer.mayExport);',
      'const flags = requestFlags(true);',
    ],
    [
      'a body that becomes too long is refused',
      "if (exchange.length + chunk.length > maxLine) return this.#refuse(exchange, 'LineTooLong', { limit: maxLine });",
      '',
    ],
    ["a token's request does not run in another's session", 'this.#sessionsOf(bearer.digest)', "this.#sessionsOf('')"],
    [
      'sessions of one connection are bounded',
      'sessions === undefined && this.#sessions.size < MOST_SESSIONS',
      'sessions === undefined',
    ],
    ['a request is answered once', '    this.#exchanges.delete(ticket);\n    const { status', '    const { status'],
    [
      'sessions end with their connection',
      '    for (const sessions of this.#sessions.values()) sessions.close();\n',
      '',
    ],
    ['a client has so many requests open', 'if (this.#exchanges.size >= limits.openRequests) return false;', ''],
    [
      'who does not take his answers is not read',
      'if (this.#socket.writableLength > this.#admission.limits.unreadMark) this.#slow.begin();',
      '',
    ],
    ['bytes held of a body count towards the budget of all', '    this.#admission.reaper.holds(this, by);\n', ''],
  ]),
  ...rulesOf('src/front/json-lines.ts', 'json-lines', [
    ['a line that is too long is refused', 'if (stop - start > this.#maxLine) return this.#tooLong();', ''],
    ['a line that does not end is refused once it is too long', 'if (length <= most) {', 'if (length <= most * 16) {'],
    [
      'little is held of who has shown no token',
      'const most = this.#needsToken ? MAX_TOKEN_LINE : this.#maxLine + 1;',
      'const most = this.#maxLine + 1;',
    ],
    ['no request goes before its token', 'if (this.#needsToken) return this.#token(bytes, start, stop);', ''],
    [
      'a wrong token ends the connection',
      '    if (isKnown) return true;\n    this.discard();',
      '    if (isKnown || token !== undefined) return true;\n    this.discard();',
    ],
    [
      'a request beside a token is not lost',
      '|| Object.keys(value).length !== 1) return undefined;',
      ') return undefined;',
    ],
    [
      'a browser that posts to the port for lines is refused',
      'if (bytes[start] !== BRACE && FOREIGN.test(',
      'if (bytes[start] === 0 && FOREIGN.test(',
    ],
  ]),
  ...rulesOf('src/front/msgpack-frames.ts', 'msgpack-frames', [
    [
      'a frame that is too long is refused',
      'if (this.#length > (this.#needsToken ? MAX_TOKEN_FRAME : this.#maxLine)) return this.#tooLong();',
      '',
    ],
    ['little is held of who has shown no token', 'this.#needsToken ? MAX_TOKEN_FRAME : this.#maxLine', 'this.#maxLine'],
    ['no request goes before its token', 'if (this.#needsToken) return this.#token(bytes, from, to);', ''],
    [
      'a frame that was promised and not sent is told at the end',
      'const isWithin = this.#headRead > 0;',
      'const isWithin = false;',
    ],
    [
      'the length of a frame is read anew',
      '    this.#headRead = 0;\n    this.#length = 0;\n    if',
      '    this.#headRead = 0;\n    if',
    ],
  ]),
  ...rulesOf('src/front/reassembly.ts', 'json-lines msgpack-frames', [
    [
      'no more is held than was said',
      'Buffer.allocUnsafeSlow(Math.min(wanted, most))',
      'Buffer.allocUnsafeSlow(wanted)',
    ],
    [
      'a promise of length is not trusted',
      'const whole = expected <= length * TRUSTED ? expected : 0;',
      'const whole = expected;',
    ],
    [
      'a block that was handed on is not written again',
      '    this.bytes = undefined;\n    this.length = 0;',
      '    this.length = 0;',
    ],
  ]),
];
