/** The JSON shape of `scheme show`: JSON once its comments are out, with all that is required. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import { jsonShape } from '../../src/tl/json-shape.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { searchDefinitions, showDefinition } from '../../src/tl/show.ts';
import type { Definition, Schema, TlType } from '../../src/tl/ir.ts';

const schema: Schema = loadScheme();

function shape(definition: Definition): Record<string, unknown> {
  return JSON.parse(jsonShape(schema, definition).replace(/ *\/\/ .*$/gm, '')) as Record<string, unknown>;
}

/** Whether an example could be of a type, by the table of wire: TL and JSON. */
function fits(value: unknown, type: TlType, at: string): void {
  if (type.kind === 'vector') {
    assert.ok(Array.isArray(value), at);
    value.forEach((item) => fits(item, type.item, `${at}[]`));
  } else if (type.kind === 'boxed' || type.kind === 'bare') {
    const object = value as Record<string, unknown>;
    const names = type.kind === 'bare' ? [type.constructor] : schema.types.get(type.type)!.map((one) => one.name);
    assert.ok(names.includes(object['_cons'] as string), `${at}: ${JSON.stringify(value)}`);
    for (const field of schema.byName.get(object['_cons'] as string)!.fields) {
      const isNeeded = field.flag === undefined && !field.isFlags;
      if (isNeeded) fits(object[field.name], field.type, `${at}.${field.name}`);
      assert.equal(field.name in object, isNeeded, `${at}.${field.name}`);
    }
  } else {
    const wanted = {
      int: 'number',
      long: 'number',
      double: 'number',
      bool: 'boolean',
      true: 'object',
      call: 'object',
      object: 'object',
    } as Record<string, string>;
    assert.equal(typeof value, wanted[type.kind] ?? 'string', at);
    if (type.kind === 'int128') assert.equal(Buffer.from(value as string, 'base64').length, 16, at);
    if (type.kind === 'int256') assert.equal(Buffer.from(value as string, 'base64').length, 32, at);
  }
}

describe('the JSON shape', () => {
  it('of every definition has each field once, with a value of its type', () => {
    for (const definition of schema.definitions) {
      const value = shape(definition);
      const shown = definition.fields.filter((field) => !field.isFlags);
      const names = shown.map((field) => (field.type.kind === 'call' ? '_wrapped' : field.name));
      assert.deepEqual(Object.keys(value), ['_cons', ...names], definition.name);
      shown.forEach((field, i) => fits(value[names[i]!], field.type, `${definition.name}.${field.name}`));
    }
  });

  it('of every function is a message the codec takes, comments out', () => {
    const { codec } = compileCodec(schema);
    const tape = new JsonTape();
    const out = new Writer();
    // What the gateway alone calls (wire: Errors).
    const own = new Set(['req_pq', 'req_pq_multi', 'req_DH_params', 'set_client_DH_params', 'destroy_auth_key']);
    for (const definition of schema.definitions) {
      if (!definition.isFunction || own.has(definition.name)) continue;
      const text = Buffer.from(jsonShape(schema, definition).replace(/ *\/\/ .*$/gm, ''));
      assert.equal(tape.read(text, 0, text.length), undefined, definition.name);
      out.clear();
      const call = codec.encodeCall(tape, 0, out, 'message');
      assert.equal(call.crcs[0], definition.crc, definition.name);
    }
  });

  it('says what is optional, by which flag, and what the result is', () => {
    const text = jsonShape(schema, schema.byName.get('messages.getDialogs')!);
    assert.match(
      text,
      /"exclude_pinned": \{"_cons":"true"\}, +\/\/ optional \(flags\.0\), or true; false and null are absent/,
    );
    assert.match(
      text,
      /"offset_peer": \{"_cons":"inputPeerEmpty"\}, +\/\/ required, InputPeer: inputPeerEmpty \| inputPeerSelf \|/,
    );
    assert.match(text, /"hash": -1111111111111111111 +\/\/ required, 0 if left out, long/);
    assert.match(
      text,
      /\/\/ result: messages\.Dialogs: messages\.dialogs \| messages\.dialogsSlice \| messages\.dialogsNotModified$/,
    );
  });

  it('comes with the generated code of its definition if that is wanted', () => {
    assert.doesNotMatch(showDefinition(schema, 'messages.sendMessage'), /function e/);
    const text = showDefinition(schema, 'messages.sendMessage', true);
    const code = text.slice(text.indexOf('// result:'));
    assert.match(code, /^\/\/ result: .*\n\nfunction /);
    for (const field of ['peer', 'message', 'random_id', 'rich_message']) assert.ok(code.includes(field), field);
  });

  it('comes with the TL line, and near names for one that is not there', () => {
    assert.match(
      showDefinition(schema, 'ping'),
      /^\/\/ function 7abe77ec\nping#7abe77ec ping_id:long = Pong;\n\n\{\n {2}"_cons": "ping",/,
    );
    assert.throws(
      () => showDefinition(schema, 'messages.sendmessage'),
      /no constructor, function or type messages\.sendmessage; did you mean messages\.sendMessage\? `mtproto2json scheme search WORD …` finds/,
    );
    assert.throws(() => showDefinition(schema, 'InputPer'), /type InputPer; did you mean InputPeer\?/);
  });

  it('a type has all its constructors, and what answers with it', () => {
    const text = showDefinition(schema, 'InputPeer');
    assert.match(text, /^\/\/ type InputPeer, 7 constructors\ninputPeerEmpty#/);
    assert.equal(text.match(/ = InputPeer;/g)?.length, 7);
    assert.match(
      showDefinition(schema, 'Pong'),
      /one constructor\npong#.*\n\n\/\/ functions that answer with it\nping#/,
    );
  });

  it('a search finds all words, whatever their case, in names first', () => {
    const lines = searchDefinitions(schema, ['SEND', 'message']).trimEnd().split('\n');
    assert.match(lines[0]!, /^function {5}messages\.sendMessage#/);
    for (const line of lines.slice(0, 20)) assert.match(line, /send/i);
    assert.match(
      searchDefinitions(schema, ['flags']),
      /^(?:function|constructor) {2,5}\S+#[^]* more; another word leaves fewer\n$/,
    );
    assert.throws(
      () => searchDefinitions(schema, ['sendMesage']),
      /nothing has sendMesage in its line; did you mean messages\.sendMessage\?/,
    );
  });
});
