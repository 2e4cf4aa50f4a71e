/** Rules of `src/tl`: values that keep their digits, bounds of what is written and read, names that cannot become code. */
import { rulesOf, type Rule } from './rule.ts';

export const TL: readonly Rule[] = [
  ...rulesOf('src/tl/scalar-encoding.ts', 'tl/codec.test', [
    ['an int has 32 bits', 'if (!(value >= -0x8000_0000 && value <= 0x7fff_ffff))', 'if (Number.isNaN(value))'],
    [
      'half a surrogate is refused',
      "if (length < 0) this.fail('InvalidField', node, 'a surrogate without its other half');",
      '',
    ],
    [
      'a double that is too large is refused',
      "if (!Number.isFinite(value)) this.fail('InvalidField', node, 'too large for a double');",
      '',
    ],
    ['a fixed value has its length', '!== size)\n      this.fail', '< size)\n      this.fail'],
    ['a string has at most 16777215 bytes', 'if (stop - start > MAX_STRING) this.tooLong(node);', ''],
    ['digits that were lost are told as that', "this.isLost = digits === 'lost';", 'this.isLost = false;'],
  ]),
  ...rulesOf('src/tl/scalar-encoding.ts', 'left-out', [
    ['a random_id is never 0', 'while (bytes.every((byte) => byte === 0));', 'while (false);'],
    [
      'a list of random_ids goes with a list',
      'like === 0 || this.cells[like + KIND] !== ARRAY',
      'this.cells[like + KIND] === ARRAY + 99',
    ],
  ]),
  ...rulesOf('src/tl/encoding.ts', 'tl/codec.test', [
    [
      'a key is more than its hash',
      'if (!this.tape.hasKey(member, this.names, start, stop)) this.extra(parent, member);',
      '',
    ],
    [
      'an argument is not given under two names',
      "if (before !== 0) this.fail('InvalidField', member, 'given twice, under two names');",
      '',
    ],
    ['flags that are given agree with what is there', 'if (((given ^ computed) & known) !== 0)', 'if (known === 0.5)'],
    [
      'a constructor is of its type',
      'if (this.directory.types[index] !== type) this.#wrongType(node, this.directory.tables.typeNames[type]!, index);',
      '',
    ],
    [
      'a bare constructor is the one that is wanted',
      'if (found !== index) this.#wrongType(node, this.directory.tables.names[index]!, found);',
      '',
    ],
    [
      'an object is no function',
      "if (this.directory.types[index]! < 0) this.#wrongType(node, 'a constructor', index);",
      '',
    ],
    [
      'a client calls what it may',
      'if (this.#callable[index] === 0) this.#notAMethod(node, this.directory.tables.names[index]!);',
      '',
    ],
    [
      'wrappers have a bound',
      "if (this.depth > MAX_WRAPPERS) this.fail('InvalidMessage', node, `more than ${MAX_WRAPPERS} wrappers`);",
      '',
    ],
    ['what looks like no name is not said again', 'near.length > 0 || isName(got) ? got', 'got.length > 0 ? got'],
    ['a _seqno is the message’s alone', ' && parent === this.root && this.depth === 1 && ', ' && '],
  ]),
  ...rulesOf('src/tl/compiled-form.ts', 'tl/codec.test', [
    ['a message has at most 1044404 bytes', 'if (out.pos - at > MAX_MESSAGE)', 'if (out.pos - at > MAX_MESSAGE * 2)'],
    ['a message that is refused leaves nothing', 'out.pos = at;\n      throw error;', 'throw error;'],
  ]),
  ...rulesOf('src/tl/decoding.ts', 'tl/codec.test codec-broken', [
    ['levels have a bound', 'if (++this.depth > MAX_DEPTH) throw', 'if (++this.depth > 1e9) throw'],
    ['a vector begins with its number', 'if (crc !== VECTOR) this.strange(crc);', ''],
    [
      'a constructor is of its type',
      'if (index < 0 || this.directory.types[index] !== type) this.strange(crc);',
      'if (index < 0) this.strange(crc);',
    ],
    [
      'what cannot be read leaves nothing',
      'if (error !== UNKNOWN) {\n        out.pos = at;',
      'if (error !== UNKNOWN) {',
    ],
    ['a NaN keeps its bits', 'else this.#strangeNan();', 'else out.piece(NAN);'],
    ['-0 keeps its sign', "Object.is(value, -0) ? '-0' : String(value)", 'String(value)'],
    ['what is unknown takes the rest of the bytes', 'from.pos = from.end;', ''],
    ['what was begun before something unknown is closed', 'this.closeOpen(at);', ''],
  ]),
  ...rulesOf('src/tl/decoding-msgpack.ts', 'codec-msgpack', [
    ['a vector begins with its number', 'if (crc !== VECTOR) this.strange(crc);', ''],
    ['a string that is no UTF-8 goes as bytes', 'if (isText) packString', 'if (length >= 0) packString'],
    ['what was begun before something unknown is closed', 'closeContainers(this.out, start);', ''],
  ]),
  ...rulesOf('src/tl/encoding-msgpack.ts', 'codec-msgpack', [
    ['a fraction is no integer', 'return Number.isInteger(value) ? value : Number.NaN;', 'return value;'],
    [
      'an integer that no double holds is refused',
      'if (this.cells[node + KIND] === PACKED_INTEGER && !Number.isSafeInteger(value)) {',
      'if (Number.isNaN(value)) {',
    ],
    [
      'a fixed value has its length',
      'if (t[node + END]! - t[node + START]! !== size) this.fail',
      'if (t[node + END]! - t[node + START]! < size) this.fail',
    ],
    ['bytes are at most 16777215', 'if (t[node + END]! - t[node + START]! > MAX_STRING) this.tooLong(node);', ''],
  ]),
  ...rulesOf('src/tl/size.ts', 'resolve', [
    [
      'a vector of elements without bytes is refused',
      'return smallestSize(schema, type.item) === 0 || holdsNothing(schema, type.item);',
      'return holdsNothing(schema, type.item);',
    ],
  ]),
  ...rulesOf('src/tl/emit.ts', 'emit', [
    ['a name that looks like none cannot become code', 'if (!/^\\w+$/.test(name)) throw', "if (name === '') throw"],
    [
      'a text cannot become code',
      "if (typeof part === 'string') return quoted(part);",
      "if (typeof part === 'string') return part;",
    ],
    ['a comment has printable ASCII alone', ".replace(/[^\\x20-\\x7e]/g, '?')", ''],
  ]),
  ...rulesOf('src/tl/scan.ts', 'parse', [
    ['a flags field has 32 bits', 'if (bit > 31) throw', 'if (bit > 99) throw'],
    ['a number has at most 8 hex digits', 'if (digits.length > 8) throw', 'if (digits.length > 16) throw'],
  ]),
  ...rulesOf('src/tl/service.ts', 'service', [
    [
      'ids stand in a vector',
      'if (from.uint32() !== Crc.vector) from.need(Number.MAX_SAFE_INTEGER);',
      'from.uint32();',
    ],
    ['a count of ids fits what is there', 'from.count(8)', 'from.int32()'],
  ]),
];
