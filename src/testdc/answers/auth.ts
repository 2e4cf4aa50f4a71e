/** Answers of `auth.*` and `account.*`: signing in and out (mtproto.md 2.17). */
import { random } from '../env.ts';
import { RpcError } from '../rpc-error.ts';
import type { TlObject } from '../tl-value.ts';
import type { Person } from '../world/peers.ts';
import type { Answer, Call } from './call.ts';
import { stay } from './migrate.ts';
import { authorization } from './peer.ts';

/** A code is good for so long, in milliseconds. */
const CODE_MS = 300_000;
/** Codes asked for and not used, at most; the oldest go. */
const MOST_CODES = 10_000;
/** Test phones: 99966XYYYY, where X is a DC; the code is X five times. */
const TEST_PHONE = /^99966([123])\d{4}$/;

interface SentCode {
  readonly phone: string;
  readonly code: string;
  readonly until: number;
}

/** Outstanding codes of each world, by their hash. */
const codes = new WeakMap<object, Map<string, SentCode>>();

function codesOf(call: Call): Map<string, SentCode> {
  let table = codes.get(call.world);
  if (table === undefined) codes.set(call.world, (table = new Map()));
  return table;
}

function checkApi({ args }: Call): void {
  if ((args['api_id'] as number) <= 0 || (args['api_hash'] as string).length === 0)
    throw new RpcError(400, 'API_ID_INVALID');
}

function digits(call: Call): string {
  return (call.args['phone_number'] as string).replace(/[^\d]/g, '');
}

/** Where the person of a phone lives, or a new one will. */
function homeOf({ world }: Call, phone: string): number {
  return world.byPhone(phone)?.dcId ?? Number(TEST_PHONE.exec(phone)![1]);
}

function sendCode(call: Call): TlObject {
  checkApi(call);
  const phone = digits(call);
  const match = TEST_PHONE.exec(phone);
  if (match === null) throw new RpcError(400, 'PHONE_NUMBER_INVALID');
  stay(call, 'NETWORK', phone, undefined);
  stay(call, 'PHONE', phone, homeOf(call, phone));
  const hash = random(call.world.env, 9).toString('hex');
  const table = codesOf(call);
  table.set(hash, { phone, code: match[1]!.repeat(5), until: call.now + CODE_MS });
  if (table.size > MOST_CODES) table.delete(table.keys().next().value!);
  return {
    _: 'auth.sentCode',
    type: { _: 'auth.sentCodeTypeSms', length: 5 },
    phone_code_hash: hash,
    next_type: { _: 'auth.codeTypeCall' },
    timeout: 60,
  };
}

function signIn(call: Call): TlObject {
  const phone = digits(call);
  if (!TEST_PHONE.test(phone)) throw new RpcError(400, 'PHONE_NUMBER_INVALID');
  const given = call.args['phone_code'];
  if (given === undefined || given === '') throw new RpcError(400, 'PHONE_CODE_EMPTY');
  const table = codesOf(call);
  const hash = call.args['phone_code_hash'] as string;
  const sent = table.get(hash);
  if (sent === undefined || sent.phone !== phone || sent.until < call.now)
    throw new RpcError(400, 'PHONE_CODE_EXPIRED');
  if (sent.code !== given) throw new RpcError(400, 'PHONE_CODE_INVALID');
  table.delete(hash);
  const { world } = call;
  return authorize(
    call,
    world.byPhone(phone) ?? world.addPerson({ firstName: 'Test', lastName: phone.slice(-4), phone, dcId: call.dcId }),
  );
}

/** The hash stays good; cancelling one that is not is an error. */
function cancelCode(call: Call): boolean {
  if (!codesOf(call).delete(call.args['phone_code_hash'] as string)) throw new RpcError(400, 'PHONE_CODE_EXPIRED');
  return true;
}

function importBotAuthorization(call: Call): TlObject {
  checkApi(call);
  const match = /^(\d{3,15}):[\w-]{3,64}$/.exec(call.args['bot_auth_token'] as string);
  if (match === null) throw new RpcError(400, 'ACCESS_TOKEN_INVALID');
  const id = BigInt(match[1]!);
  const known = call.world.people.get(id);
  if (known !== undefined && known.isBot !== true) throw new RpcError(400, 'ACCESS_TOKEN_INVALID');
  stay(call, 'NETWORK', match[0], undefined);
  stay(call, 'USER', match[0], known?.dcId);
  return authorize(
    call,
    known ??
      call.world.addPerson({ firstName: `Bot ${id}`, username: `test_${id}_bot`, isBot: true, dcId: call.dcId }, id),
  );
}

function authorize(call: Call, person: Person): TlObject {
  call.world.signIn(call.session.key, person.id);
  return authorization(call, person);
}

function logOut(call: Call): TlObject {
  call.world.signOut(call.session.key);
  return { _: 'auth.loggedOut' };
}

/** No password is set: sign-in with one is for a later part. */
function getPassword(call: Call): TlObject {
  return {
    _: 'account.password',
    new_algo: { _: 'passwordKdfAlgoUnknown' },
    new_secure_algo: { _: 'securePasswordKdfAlgoUnknown' },
    secure_random: random(call.world.env, 256),
  };
}

export const authAnswers: Readonly<Record<string, Answer>> = {
  'auth.sendCode': sendCode,
  'auth.signIn': signIn,
  'auth.cancelCode': cancelCode,
  'auth.importBotAuthorization': importBotAuthorization,
  'auth.logOut': logOut,
  'account.getPassword': getPassword,
  'account.updateStatus': () => true,
};
