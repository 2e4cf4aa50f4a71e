/** Resolving: what names mean, what is refused and where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadScheme, loadSchemeText } from '../../src/tl/load.ts';
import { parseScheme } from '../../src/tl/parse.ts';
import { resolveScheme } from '../../src/tl/resolve.ts';
import { SchemeError } from '../../src/tl/scheme-error.ts';
import { smallestSize } from '../../src/tl/size.ts';
import type { Definition, Schema } from '../../src/tl/ir.ts';

function resolve(...texts: string[]): Schema {
  return resolveScheme(texts.map((text, i) => parseScheme(text, `${i}.tl`)));
}

function fault(...texts: string[]): string {
  try {
    resolve(...texts);
  } catch (error) {
    assert.ok(error instanceof SchemeError, String(error));
    return error.message;
  }
  return 'no fault';
}

function definition(schema: Schema, name: string): Definition {
  return schema.byName.get(name) ?? assert.fail(`no ${name}`);
}

describe('types', () => {
  const schema = resolve(`
    future_salt#0949d9dc valid_since:int = FutureSalt;
    salts#1 a:vector<future_salt> b:%Vector<int> c:Vector<%FutureSalt> d:Vector<FutureSalt> = Salts;
    all#2 flags:# n:# i:int l:long d:double s:string b:bytes x:int128 y:int256 z:Bool o:Object t:flags.3?true v:flags.4?Vector<Vector<long>> = All;
    ---functions---
    wrap#3 {X:Type} q:!X = X;
    list#4 = Vector<FutureSalt>;
    old#5 q:!Y = Y;
    count#6 = int;`);

  it('of every kind', () => {
    const { fields } = definition(schema, 'all');
    assert.deepEqual(
      fields.map(({ name, type }) => `${name}:${type.kind}`),
      [
        'flags:int',
        'n:int',
        'i:int',
        'l:long',
        'd:double',
        's:string',
        'b:bytes',
        'x:int128',
        'y:int256',
        'z:bool',
        'o:object',
        't:true',
        'v:vector',
      ],
    );
    assert.deepEqual(
      fields.filter((field) => field.isFlags).map((field) => field.name),
      ['flags'],
    );
    assert.deepEqual(fields[12], {
      name: 'v',
      type: { kind: 'vector', isBoxed: true, item: { kind: 'vector', isBoxed: true, item: { kind: 'long' } } },
      isFlags: false,
      flag: { field: 'flags', bit: 4 },
    });
  });

  it('bare and boxed, of vectors and of what is in them', () => {
    const bare = { kind: 'bare', constructor: 'future_salt' };
    assert.deepEqual(
      definition(schema, 'salts').fields.map((field) => field.type),
      [
        { kind: 'vector', isBoxed: false, item: bare },
        { kind: 'vector', isBoxed: false, item: { kind: 'int' } },
        { kind: 'vector', isBoxed: true, item: bare },
        { kind: 'vector', isBoxed: true, item: { kind: 'boxed', type: 'FutureSalt' } },
      ],
    );
  });

  it('of results: the call inside, with or without {X:Type}; vectors; bare numbers', () => {
    assert.deepEqual(definition(schema, 'wrap').fields[0]!.type, { kind: 'call' });
    assert.deepEqual(definition(schema, 'wrap').result, { kind: 'object' });
    assert.deepEqual(definition(schema, 'old').result, { kind: 'object' });
    assert.equal(definition(schema, 'list').typeName, 'Vector<FutureSalt>');
    assert.deepEqual(definition(schema, 'count').result, { kind: 'int' });
  });

  it('have a least size, so that a count can be refused before it costs anything', () => {
    const size = (name: string, field: number): number =>
      smallestSize(schema, definition(schema, name).fields[field]!.type);
    assert.deepEqual(
      [size('salts', 0), size('salts', 2), size('all', 4), size('all', 7), size('all', 9), size('all', 11)],
      [4, 8, 8, 16, 4, 0],
    );
    assert.equal(
      smallestSize(schema, { kind: 'bare', constructor: 'all' }),
      4 + 4 + 4 + 8 + 8 + 4 + 4 + 16 + 32 + 4 + 4,
    );
  });
});

describe('several files', () => {
  const api = '// LAYER 9\nmessage#1 id:int = Message;\nboolTrue#997275b5 = Bool;\nbox#2 m:Message = Box;';
  const service =
    'message#5bb8e511 body:Object = Message;\nboolTrue#997275b5 = Bool;\ncontainer#3 messages:vector<message> = C;\ncopy#4 m:Message = Copy;';

  it('keep both of two that share a name, each file meaning its own', () => {
    const schema = resolve(api, service);
    assert.equal(definition(schema, 'message').crc, 1);
    assert.equal(definition(schema, 'mt.message').crc, 0x5bb8e511);
    assert.deepEqual(definition(schema, 'container').fields[0]!.type, {
      kind: 'vector',
      isBoxed: false,
      item: { kind: 'bare', constructor: 'mt.message' },
    });
    assert.deepEqual(definition(schema, 'copy').fields[0]!.type, { kind: 'boxed', type: 'mt.Message' });
    assert.deepEqual(definition(schema, 'box').fields[0]!.type, { kind: 'boxed', type: 'Message' });
    assert.equal(schema.types.get('Message')!.length, 1);
    assert.equal(schema.layer, 9);
  });

  it('may repeat each other: a third with the same lines adds nothing and means the same', () => {
    const third = 'message#5bb8e511 body:Object = Message;\nmore#5 m:%Message = More;';
    const schema = resolve(api, service, third);
    assert.equal(schema.definitions.length, resolve(api, service).definitions.length + 1);
    assert.deepEqual(definition(schema, 'more').fields[0]!.type, { kind: 'bare', constructor: 'mt.message' });
  });
});

describe('refused, with the place', () => {
  const faults: readonly (readonly [string, string, string])[] = [
    ['an unknown type', 'a#1 x:int y:Foo = A;', '0.tl:1:11: a: type Foo has no constructor'],
    ['an unknown bare type', 'a#1 x:foo = A;', '0.tl:1:5: a: unknown type foo'],
    ['a function for a type', 'a#1 x:f = A;\n---functions---\nf#2 = A;', '0.tl:1:5: a: f is a function, not a type'],
    ['a name twice', 'a#1 = A;\na#2 = A;', '0.tl:2:1: a is defined twice'],
    ['a line twice', 'a#1 = A;\na#1 = A;', '0.tl:2:1: a is defined twice'],
    ['a number twice', 'a#1 = A;\n b#1 = A;', '0.tl:2:2: b has the number 00000001 of a'],
    ['a field twice', 'a#1 x:int x:int = A;', '0.tl:1:11: a has two fields x'],
    [
      'a flag without its field',
      'a#1 x:flags.0?int = A;',
      '0.tl:1:5: x refers to flags, but no field flags:# stands before it',
    ],
    ['a flag before its field', 'a#1 x:f.0?int f:# = A;', '0.tl:1:5: x refers to f, but no field f:# stands before it'],
    ['a flag in an int', 'a#1 f:int x:f.0?int = A;', '0.tl:1:11: x refers to f, but no field f:# stands before it'],
    ['true without a flag', 'a#1 x:true = A;', '0.tl:1:5: x: "true" takes no bytes, it needs a flag'],
    ['a vector of nothing', 'a#1 x:Vector = A;', '0.tl:1:5: a: Vector needs one type: Vector<int>'],
    ['a vector of true', 'a#1 x:Vector<true> = A;', '0.tl:1:5: a: a vector cannot hold true'],
    [
      'a vector of empty constructors',
      'e#2 = E;\na#1 x:Vector<%E> = A;',
      '0.tl:2:1: a.x: a vector of elements without bytes',
    ],
    [
      'a type with an argument',
      'a#1 = A;\nb#2 x:A<int> = B;',
      '0.tl:2:5: b: only a vector has a type inside, A has not',
    ],
    [
      '%T of two constructors',
      'a#1 = A;\nb#2 = A;\nc#3 x:%A = C;',
      '0.tl:3:5: c: %A needs a type of one constructor, A has 2',
    ],
    ['a bare type inside itself', 'a#1 x:b = A;\nb#2 y:a = B;', '0.tl:1:1: a.x holds itself without end'],
    ['a constructor of a vector', 'a#1 = Vector<int>;', '0.tl:1:1: a is a constructor, its type must be a plain name'],
  ];
  for (const [what, text, message] of faults) it(what, () => assert.equal(fault(text), message));

  it('a number that another file gives to another name', () => {
    assert.equal(fault('a#1 = A;', 'b#1 = B;'), '1.tl:1:1: b has the number 00000001 of a');
  });

  it('in a time that does not double with each rung of a ladder of bare types', () => {
    const rung = (n: number): string => `r${n}#${n + 1} a:r${n - 1} b:r${n - 1} = R${n};`;
    const ladder = Array.from({ length: 64 }, (_, i) => rung(i + 1));
    const schema = resolve(`r0#1 x:int = R0;\n${ladder.join('\n')}`);
    assert.equal(smallestSize(schema, { kind: 'bare', constructor: 'r64' }), 4 * 2 ** 64);
  });

  it('but not a bare type inside itself behind a flag', () => {
    assert.equal(fault('a#1 flags:# x:flags.0?a = A;'), 'no fault');
  });

  it('nor names of JavaScript', () => {
    const schema = resolve(
      'constructor#1 __proto__:int toString:long = HasOwnProperty;\n__proto__#2 x:constructor = A;',
    );
    assert.deepEqual(definition(schema, '__proto__').fields[0]!.type, { kind: 'bare', constructor: 'constructor' });
    assert.equal(fault('a#1 x:toString = A;'), '0.tl:1:5: a: unknown type toString');
  });
});

describe('the committed scheme', () => {
  const schema = loadScheme();

  it('is layer 227: 1667 constructors, 808 functions', () => {
    assert.equal(schema.layer, 227);
    assert.equal(schema.definitions.filter((one) => !one.isFunction).length, 1667);
    assert.equal(schema.definitions.filter((one) => one.isFunction).length, 808);
    assert.equal(schema.byCrc.size, schema.definitions.length);
    assert.equal(schema.byName.size, schema.definitions.length);
  });

  it('has what no package carries', () => {
    const kept = [
      'boolTrue',
      'true',
      'msg_container',
      'gzip_packed',
      'rpc_result',
      'ipPort',
      'accessPointRule',
      'help.configSimple',
      'msg_copy',
      'mt.message',
      'future_salt',
      'bind_auth_key_inner',
      'p_q_inner_data_dc',
      'http_wait',
      'server_DH_params_fail',
    ];
    for (const name of kept) definition(schema, name);
  });

  it('calls nothing a constructor that is a service function', () => {
    const functions = [
      'req_pq_multi',
      'req_DH_params',
      'set_client_DH_params',
      'rpc_drop_answer',
      'get_future_salts',
      'ping',
      'ping_delay_disconnect',
      'destroy_session',
      'destroy_auth_key',
    ];
    for (const name of functions) assert.equal(definition(schema, name).isFunction, true, name);
  });
});

describe("files of other clients' make (the forms of Telegram Desktop and TDLib, lines of our own choice)", () => {
  const desktop = `
///////////////////////////////
/////////////////// Layer cons
///////////////////////////////

//invokeAfterMsg#cb9f372d msg_id:long query:!X = X;
//invokeWithLayer#da9b0d0d layer:int query:!X = X; // after 18 layer

boolFalse#bc799737 = Bool;
boolTrue#997275b5 = Bool;

true#3fedd339 = True;

vector#1cb5c415 {t:Type} # [ t ] = Vector t;

userStatusEmpty#9d05049 = UserStatus;
fullThing#5 flags:# a:flags.0?true flags2:# b:flags2.0?true about:string = FullThing;
chatRights#6 flags:int = ChatRights;

---functions---

invokeWithLayer#da9b0d0d {X:Type} layer:int query:!X = X;
users.getStatuses#7 id:Vector<long> = Vector<UserStatus>;

// LAYER 133
`;
  const tdlib = `int ? = Int;
long ? = Long;
double ? = Double;
string ? = String;

bytes = Bytes;

true#3fedd339 = True;

boolFalse#bc799737 = Bool;
boolTrue#997275b5 = Bool;

vector#1cb5c415 {t:Type} # [ t ] = Vector t;

error#c4b9f9bb code:int text:string = Error;
ipPort#d433ad73 ipv4:int port:int = IpPort;
ipPortSecret#37982646 ipv4:int port:int secret:bytes = IpPort;

---functions---

test.useError = Error;

---types---

int128 4*[ int ] = Int128;
bind#75a3f765 nonce:long expires_at:int128
= Bind;
dummyHttpWait = HttpWait;
---functions---
http_wait#9299359f max_delay:int wait_after:int max_wait:int = HttpWait;
`;

  it('load as they are', () => {
    const schema = resolve(desktop);
    assert.equal(schema.layer, 133);
    assert.equal(definition(schema, 'userStatusEmpty').crc, 0x09d05049);
    assert.deepEqual(
      definition(schema, 'fullThing').fields.map((field) => [field.name, field.isFlags, field.flag?.field]),
      [
        ['flags', true, undefined],
        ['a', false, 'flags'],
        ['flags2', true, undefined],
        ['b', false, 'flags2'],
        ['about', false, undefined],
      ],
    );
    assert.deepEqual(definition(schema, 'chatRights').fields[0], {
      name: 'flags',
      type: { kind: 'int' },
      isFlags: false,
    });
    assert.equal(schema.byName.has('vector'), false);

    const other = resolve(tdlib);
    assert.equal(other.layer, 0);
    assert.equal(other.byName.has('bytes'), false);
    assert.equal(definition(other, 'test.useError').isFunction, true);
    assert.equal(definition(other, 'bind').text, 'bind#75a3f765 nonce:long expires_at:int128 = Bind;');
  });

  it('trust a written number that is no CRC-32', () => {
    assert.equal(definition(resolve(tdlib), 'ipPortSecret').crc, 0x37982646);
  });

  it('name the file in a fault', () => {
    assert.throws(
      () => loadSchemeText('a#1 = A', 'b#2 = B;'),
      /^SchemeError: api\.tl:1:8: expected ";", found the end of the file$/,
    );
    assert.throws(() => loadSchemeText('a#1 = A;', '\n b#2 x:C = B;'), /mtproto\.tl:2:6: b: type C has no constructor/);
  });
});
