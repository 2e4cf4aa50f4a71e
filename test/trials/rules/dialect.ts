/** Rules of `src/dialect`: what of a client's message is taken, what of it is forgotten, and how long an error may be. */
import { rulesOf, type Rule } from './rule.ts';

export const DIALECT: readonly Rule[] = [
  ...rulesOf('src/dialect/request-reader.ts', 'json.test', [
    ['a string id has at most 128 bytes', 'return length >= 0 && length <= MAX_ID;', 'return length >= 0;'],
    [
      'a timeout is not too short',
      '!(milliseconds >= MIN_TIMEOUT && milliseconds <= MAX_TIMEOUT)',
      '!(milliseconds <= MAX_TIMEOUT)',
    ],
    [
      'a timeout is not too long',
      '!(milliseconds >= MIN_TIMEOUT && milliseconds <= MAX_TIMEOUT)',
      '!(milliseconds >= MIN_TIMEOUT)',
    ],
    ['a timeout ends with its request', 'into.timeout = DEFAULT_TIMEOUT;', ''],
    ['a _seqno ends with its request', 'into.seqNo = -1;', ''],
    ['a _seqno has 31 bits', 'this.#fields.integer(m, 0, 0x7fff_ffff)', 'this.#fields.integer(m, 0, 0xffff_ffff)'],
    ['nothing is left of the request before', 'for (const name of ATTRIBUTES) this.#nodes[name] = 0;', ''],
    [
      'an attribute that is none is refused',
      'if (stranger !== 0) return this.#unknownAttribute(into, this.tape.keyText(stranger));',
      '',
    ],
    [
      'an attribute is more than its hash',
      'if (key.hash === hash && this.tape.hasKey(member, key.bytes)) return key.name;',
      'if (key.hash === hash) return key.name;',
    ],
    ['null counts as not there', "else if (t[m + KIND] !== NULL || name === 'id')", 'else'],
    ['a null id is none', " || name === 'id') this.#nodes", ') this.#nodes'],
  ]),
  ...rulesOf('src/dialect/json.ts', 'json.test', [
    ['an id is 1 or more, without zeros in front', ' && first !== 0x2d && first !== 0x30;', ';'],
    [
      'a result that cannot be decoded leaves nothing',
      'codec.decodeResult(kind, from, out, style);\n    } catch (error) {\n      out.pos = at;',
      'codec.decodeResult(kind, from, out, style);\n    } catch (error) {',
    ],
    [
      'an update that cannot be decoded leaves nothing',
      'out.piece(UPDATE);\n    try {\n      codec.decodeObject(from, out, style);\n    } catch (error) {\n      out.pos = at;',
      'out.piece(UPDATE);\n    try {\n      codec.decodeObject(from, out, style);\n    } catch (error) {\n      void at;',
    ],
    [
      'a 64-bit number is a string where that was asked for',
      'if (style.int64AsString) out.byte(0x22);\n  writeInt64',
      'writeInt64',
    ],
  ]),
  ...rulesOf('src/dialect/json-fields.ts', 'json.test', [
    [
      'a key of one byte all over is refused',
      'return bytes === undefined || bytes.every((byte) => byte === bytes[0]) ? undefined : bytes;',
      'return bytes;',
    ],
    ['a key has 256 bytes', 'if (base64Length(textBytes, textStart, textEnd) !== AUTH_KEY) return undefined;\n', ''],
    ['the key of a session that is refused is wiped', 'if (refusal !== undefined) wipeKey(into);', ''],
    [
      'a field that is none is refused',
      'if (read === undefined) return unknownField(error, path, key, [...keys.keys()]);',
      'if (read === undefined) continue;',
    ],
    ['a clock is not off by years', 'return Math.abs(value) <= MAX_TIME_OFFSET ? value : undefined;', 'return value;'],
    [
      'no key is left of the session before',
      'into.authKey = into.lastSeqNo = into.timeOffset = into.dc = undefined;',
      'into.lastSeqNo = into.timeOffset = into.dc = undefined;',
    ],
    [
      'what is to be forgotten stands alone',
      "if (isForgotten && (isMore || fields.detach)) return misfit('forget', 'stands alone');",
      '',
    ],
    ['what leaves a session stands alone', "if (fields.detach && isMore) return misfit('detach', 'stands alone');", ''],
    [
      'who wants a session alone names it',
      "if (fields.exclusive && fields.name === undefined) return misfit('exclusive', 'goes with name');",
      '',
    ],
    ['no wish is left of the line before', 'into.list = into.exclusive = into.detach = false;', 'into.list = false;'],
    ['parts of a session without its key are refused', "return misfit('auth_key', 'missing');", 'return undefined;'],
    ['a name keeps to its form', 'text !== undefined && NAME.test(text) ? text : undefined', 'text'],
    ['a number keeps to its range', 'return value >= least && value <= most ? value : undefined;', 'return value;'],
  ]),
  ...rulesOf('src/dialect/cut-text.ts', 'json.test', [
    ['an error line has at most 512 bytes', 'if (used > room) return stop;', ''],
    ['a text is cut between characters', 'if ((bytes[i]! & 0xc0) !== 0x80) stop = i;', 'stop = i;'],
    [
      'a sentence is cut between words',
      'return blank > 0 && stop - blank < LONGEST_WORD ? blank : stop;',
      'return stop;',
    ],
  ]),
  ...rulesOf('src/dialect/json-error.ts', 'json.test', [
    ['an escape has its room in an error line', 'if (byte < 0x20) return 6;', ''],
  ]),
  ...rulesOf('src/dialect/msgpack.ts', 'msgpack', [
    ['an id is 1 or more', 'kind === PACKED_INTEGER && isAboveZero(bytes, start) ?', 'kind === PACKED_INTEGER ?'],
    ['a result that is taken back is not counted', 'out.bytes[this.#mark + FRAME_HEAD]!--;', ''],
    ['an error frame has at most 512 bytes', 'cutSentence(msg, room - pathRoom, ONE_EACH, whole).toString()', 'msg'],
    ['a list tells how many it has', '(handles.length >>> shift) & 255', 'handles.length & 255'],
  ]),
  ...rulesOf('src/dialect/msgpack-fields.ts', 'msgpack', [
    [
      'a key has 256 bytes',
      'return t[node + KIND] === BINARY && stop - start === AUTH_KEY ?',
      'return t[node + KIND] === BINARY ?',
    ],
    [
      'a number keeps to its range',
      'return Number.isInteger(value) && value >= least && value <= most ?',
      'return Number.isInteger(value) ?',
    ],
  ]),
];
