/** Answers about the second factor: how it is asked for, proved and set (protocol: Login). */
import { random, randomLong } from '../env.ts';
import { DH_PRIME, G, isGoodPublic } from '../keys/key-exchange.ts';
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { Salting } from '../keys/srp.ts';
import { SrpChallenge } from '../keys/srp.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { Password } from '../world/password.ts';
import type { Person } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { signedIn } from './login.ts';

/** How long a question for a password is good, ms; it is good for one answer. */
const CHALLENGE_MS = 300_000;
const MOD_POW = 'passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow';

/** The person who is signed in, or has only the password left to prove. @throws DcRpcError */
function asker({ world, session }: Call): Person {
  const { pendingUserId } = session.key.identity;
  const id = pendingUserId ?? session.key.userId;
  if (id === undefined) throw new DcRpcError(401, 'AUTH_KEY_UNREGISTERED');
  return world.people.get(id)!;
}

function algorithm({ salt1, salt2 }: Salting): TlObject {
  return { _: MOD_POW, salt1, salt2, g: G, p: DH_PRIME };
}

function getPassword(call: Call): TlObject {
  const { world } = call;
  const { password } = asker(call);
  return {
    _: 'account.password',
    has_password: password !== undefined,
    ...(password === undefined ? {} : challenge(call, password)),
    new_algo: algorithm(world.newSalting),
    new_secure_algo: { _: 'securePasswordKdfAlgoPBKDF2HMACSHA512iter100000', salt: world.newSalting.salt1 },
    secure_random: random(world.env, 256),
  };
}

/** The fields of a new question: srp_B, srp_id, the algorithm, the hint. */
function challenge(call: Call, password: Password): Record<string, TlObject | Buffer | bigint | string> {
  const { env, challenges } = call.world;
  const id = randomLong(env);
  const made = new SrpChallenge(password.verifier, password, random(env, 256));
  challenges.set(String(id), { userId: asker(call).id, password, challenge: made }, call.now + CHALLENGE_MS);
  const hint = password.hint === '' ? {} : { hint: password.hint };
  return { current_algo: algorithm(password), srp_B: made.b, srp_id: id, ...hint };
}

/** Refuses a call whose answer does not prove the asker's password. @throws DcRpcError */
function check(call: Call, answer: TlObject): void {
  const { id, password } = asker(call);
  if (password === undefined) {
    if (answer._ !== 'inputCheckPasswordEmpty') throw new DcRpcError(400, 'PASSWORD_HASH_INVALID');
    return;
  }
  if (answer._ !== 'inputCheckPasswordSRP') throw new DcRpcError(400, 'PASSWORD_HASH_INVALID');
  const srpId = answer['srp_id'] as bigint;
  const asked = call.world.challenges.take(String(srpId), call.now);
  if (asked === undefined || asked.userId !== id || asked.password !== password)
    throw new DcRpcError(400, 'SRP_ID_INVALID');
  if (!asked.challenge.proves(answer['A'] as Uint8Array, answer['M1'] as Uint8Array))
    throw new DcRpcError(400, 'PASSWORD_HASH_INVALID');
}

function checkPassword(call: Call): TlObject {
  check(call, call.args['password'] as TlObject);
  return signedIn(call, asker(call));
}

function getPasswordSettings(call: Call): TlObject {
  check(call, call.args['password'] as TlObject);
  return { _: 'account.passwordSettings' };
}

/** Sets, changes or removes the asker's password. */
function updatePasswordSettings(call: Call): boolean {
  check(call, call.args['password'] as TlObject);
  const settings = call.args['new_settings'] as TlObject;
  const algo = settings['new_algo'] as TlObject | undefined;
  if (algo === undefined) return true;
  const person = asker(call);
  const hash = settings['new_password_hash'] as Buffer;
  if (algo._ !== MOD_POW) {
    if (hash.length > 0) throw new DcRpcError(400, 'NEW_SETTINGS_INVALID');
    person.password = undefined;
    call.world.changed(person);
    return true;
  }
  const salting = { salt1: algo['salt1'] as Buffer, salt2: algo['salt2'] as Buffer };
  checkSalting(call, salting);
  if (hash.length !== 256 || !isGoodPublic(hash)) throw new DcRpcError(400, 'NEW_SETTINGS_INVALID');
  person.password = new Password(salting, hash, settings['hint'] as string);
  call.world.changed(person);
  return true;
}

/** Checks the salts of a new password: salt1 is the server's with 32 bytes behind it, salt2 the server's. @throws DcRpcError */
function checkSalting({ world }: Call, { salt1, salt2 }: Salting): void {
  const own = world.newSalting;
  const isRight = salt1.length === own.salt1.length + 32 && salt1.subarray(0, own.salt1.length).equals(own.salt1);
  if (!isRight || !salt2.equals(own.salt2)) throw new DcRpcError(400, 'NEW_SALT_INVALID');
}

export const passwordAnswers: Readonly<Record<string, MethodAnswer>> = {
  'account.getPassword': getPassword,
  'account.getPasswordSettings': getPasswordSettings,
  'account.updatePasswordSettings': updatePasswordSettings,
  'auth.checkPassword': checkPassword,
};
