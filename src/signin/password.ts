/**
 * Password: the second factor (protocol: Login; Diffie-Hellman checks).
 * In: the password as it is typed. Out: an authorization. Never: the password on its way to anybody: only its proof is;
 * a proof for numbers that fail the checks of 2.8.
 */
import { DhError } from '../crypto/dh.ts';
import { type SrpAlgorithm, srpProof } from '../crypto/srp.ts';
import {
  type CallAnswer,
  askPerson,
  callTelegram,
  type Flow,
  objectField,
  tellPerson,
  SigninFailed,
  textField,
  type Tl,
} from './steps.ts';
import { failedBy, isRefused, resultOf } from './words.ts';

const MOD_POW = 'passwordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow';
/** Questions of the server that were too old when they were answered. */
const MOST_STALE = 3;

export interface PasswordOptions {
  /** Tried first; then it is asked for. */
  readonly password: string | undefined;
  /** Fills its argument with secure random bytes. */
  readonly fill: (bytes: Uint8Array) => void;
}

/** @returns `auth.authorization` */
export function* withPassword({ password, fill }: PasswordOptions): Flow<Tl> {
  let text = password;
  for (let stale = 0; ;) {
    // A question is good for one answer, so each try has its own.
    const asked = yield* callTelegram({ _cons: 'account.getPassword' });
    const challenge = resultOf(asked);
    text ??= yield* askPassword(challenge);
    const answer: CallAnswer = yield* callTelegram({
      _cons: 'auth.checkPassword',
      password: prove(challenge, text, fill),
    });
    if (answer.refusal === undefined) return resultOf(answer);
    if (isRefused(answer, 'SRP_ID_INVALID', 'SRP_PASSWORD_CHANGED') && ++stale < MOST_STALE) continue;
    if (!isRefused(answer, 'PASSWORD_HASH_INVALID')) throw failedBy(answer.refusal);
    yield* tellPerson('That is not the password.');
    text = undefined;
  }
}

function askPassword(challenge: Tl): Flow<string> {
  const hint = textField(challenge, 'hint');
  return askPerson('password', `Password${hint === '' ? '' : ` (hint: ${hint})`}`, { isSecret: true });
}

/** `InputCheckPasswordSRP`. */
function prove(challenge: Tl, password: string, fill: (bytes: Uint8Array) => void): Tl {
  const algorithm = objectField(challenge, 'current_algo');
  if (algorithm === undefined) return { _cons: 'inputCheckPasswordEmpty' };
  if (algorithm._cons !== MOD_POW)
    throw new SigninFailed('PASSWORD_ALGORITHM', 'This account has a password of a kind this program does not know.');
  try {
    const { a, m1 } = srpProof(numbersOf(algorithm), Buffer.from(password), bytesOf(challenge, 'srp_B'), fill);
    return { _cons: 'inputCheckPasswordSRP', srp_id: challenge['srp_id'], A: base64(a), M1: base64(m1) };
  } catch (error) {
    if (!(error instanceof DhError)) throw error;
    throw new SigninFailed(
      'PASSWORD_PARAMETERS',
      'The server asked for the password with numbers that would give it away; nothing was sent.',
    );
  }
}

function numbersOf(algorithm: Tl): SrpAlgorithm {
  const [p, salt1, salt2] = ['p', 'salt1', 'salt2'].map((field) => bytesOf(algorithm, field));
  return { g: Number(algorithm['g']), p: p!, salt1: salt1!, salt2: salt2! };
}

function bytesOf(value: Tl, field: string): Buffer {
  return Buffer.from(textField(value, field), 'base64');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
