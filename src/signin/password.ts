/**
 * Password: the second factor (protocol: Login; Diffie-Hellman checks).
 * In: the password as it was typed. Out: an authorization. Never: the password in a call, which has a proof of it alone; a proof with numbers
 * that fail the checks.
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
/** How often the server may say that its question was too old when the answer came. */
const MOST_STALE = 3;

/** What the second factor needs. */
export interface PasswordOptions {
  /** A password that is tried first; a wrong one is asked for. */
  readonly password: string | undefined;
  /** Fills its argument with secure random bytes. */
  readonly fill: (bytes: Uint8Array) => void;
}

/** Signs in with the password. @returns `auth.authorization` @throws SigninFailed */
export function* withPassword({ password, fill }: PasswordOptions): Flow<Tl> {
  let text = password;
  for (let stale = 0; ;) {
    // The server takes one answer to a question, so each try asks for a new question.
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
    throw new SigninFailed(
      'PASSWORD_ALGORITHM',
      'This account has a password of a kind that this program does not know.',
    );
  try {
    const { a, m1 } = srpProof(numbersOf(algorithm), Buffer.from(password), bytesOf(challenge, 'srp_B'), fill);
    return { _cons: 'inputCheckPasswordSRP', srp_id: challenge['srp_id'], A: base64(a), M1: base64(m1) };
  } catch (error) {
    if (!(error instanceof DhError)) throw error;
    throw new SigninFailed(
      'PASSWORD_PARAMETERS',
      'The server asked for the password with numbers that would reveal it; nothing was sent.',
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
