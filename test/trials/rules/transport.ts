/** Rules of `src/transport`: lengths that are bounded, frames that are checked, first bytes that look like nothing else. */
import { rulesOf, type Rule } from './rule.ts';

export const TRANSPORT: readonly Rule[] = [
  ...rulesOf('src/transport/framing.ts', 'transports', [
    [
      'a frame longer than 16 MiB is refused',
      'if (length >= 4 && length <= MAX_FRAME) return true;',
      'if (length >= 4) return true;',
    ],
    [
      'a frame shorter than a status is refused',
      'if (length >= 4 && length <= MAX_FRAME) return true;',
      'if (length <= MAX_FRAME) return true;',
    ],
    ['a frame longer than 16 MiB is not sent', 'if (length > MAX_FRAME) throw', 'if (length > MAX_FRAME * 2) throw'],
    [
      'nothing is unpacked behind what broke the stream',
      'while (pos < end && !this.#isBroken) {',
      'while (pos < end) {',
    ],
    [
      'a block that is given back is no longer used',
      'spares.push(this.#rest);\n    this.#rest = NOTHING;',
      'spares.push(this.#rest);',
    ],
    [
      'a packet too short for a message ends the connection',
      "if (code > 0) this.fail(sink, 'packet too short for a message');\n    else ",
      '',
    ],
  ]),
  ...rulesOf('src/transport/full.ts', 'transports', [
    [
      'a wrong CRC ends the connection',
      "else if (int32(bytes, end - 4) >>> 0 !== crc32(bytes.subarray(start, end - 4))) this.fail(sink, 'wrong CRC-32');\n",
      '',
    ],
    [
      'a frame out of sequence ends the connection',
      "else if (int32(bytes, start + 4) !== this.#taken) this.fail(sink, 'wrong sequence number');\n",
      '',
    ],
    ['frames that are sent are numbered', 'this.#sent = (this.#sent + 1) | 0;', ''],
  ]),
  ...rulesOf('src/transport/abridged.ts', 'transports', [
    ['a quick ack is no packet', 'if (first >= 0x80) return;', ''],
    ['a packet that is no whole words is not sent', 'if ((length & 3) !== 0) throw', 'if ((length & 1) !== 0) throw'],
  ]),
  ...rulesOf('src/transport/intermediate.ts', 'transports', [
    ['a quick ack is no length', 'if (length < 0) return 4;', ''],
    ['padding of an encrypted packet is cut', 'end - ((end - start - 24) & 15)', 'end'],
    [
      'padding of an unencrypted message is cut',
      'return stop <= end && end - stop <= MOST_PADDING ? stop : end;',
      'return end;',
    ],
    ['padding has a random length', '1 + (this.#random[0]! & MOST_PADDING)', '1 + MOST_PADDING'],
  ]),
  ...rulesOf('src/transport/obfuscated.ts', 'obfuscated', [
    [
      'first bytes look like no other protocol',
      'if (init[0] === 0xef || TAKEN.has(int32(init, 0)) || int32(init, 4) === 0) continue;',
      'if (init[0] === 0xef) continue;',
    ],
    ['first bytes do not look like the full transport', ' || int32(init, 4) === 0) continue;', ') continue;'],
    ['the secret is in the key', 'secret === undefined ? key : sha256(key, secret)', 'key'],
    ['each direction has a key of its own', 'stream(one.toReversed(), secret)', 'stream(one, secret)'],
    ['the first bytes name the data centre', 'if (dc !== undefined) init.writeInt16LE(dc, 60);', ''],
    ['a secret has 16 bytes', 'if (bytes.length === 16) return', 'if (bytes.length >= 16) return'],
  ]),
];
