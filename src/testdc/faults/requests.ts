/**
 * Faults of requests: refused before anything is done, by every family of rpc_error (protocol: RPC errors), or delayed.
 * In: a request. Out: an error in its place, or a pause before it. Never: an execution; `answers.ts` has faults after one.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { How, FaultKind, FaultKinds } from './kind.ts';

/** The usual chance of a fault at each request. */
const USUAL = 0.000_12;

/** A fault that refuses a request. */
function rpc(code: number, text: (how: How) => string, usual = USUAL): FaultKind<'request'> {
  return {
    moment: 'request',
    about: `rpc_error ${code}, not carried out`,
    usual,
    play: (_at, how) => new DcRpcError(how.number('code', code), how.text('text', text(how))),
  };
}

/** Draws a number behind a name, such as FLOOD_WAIT_2. */
function seconds(name: string, least: number, most: number): (how: How) => string {
  return (how) => `${name}_${how.number('n', least + how.dice.below(most - least + 1))}`;
}

/** Draws one of several texts. */
function one(...texts: string[]): (how: How) => string {
  return (how) => how.dice.one(texts);
}

/** Faults of requests by name. */
export const REQUESTS: FaultKinds<'request'> = {
  'rpc.303-user': rpc(303, seconds('USER_MIGRATE', 7, 9), USUAL / 4),
  'rpc.303-file': rpc(303, seconds('FILE_MIGRATE', 7, 9), USUAL / 4),
  'rpc.303-stats': rpc(303, seconds('STATS_MIGRATE', 7, 9), USUAL / 4),
  'rpc.400': rpc(400, one('PEER_ID_INVALID', 'MESSAGE_EMPTY', 'INPUT_FETCH_ERROR')),
  'rpc.400-init': rpc(400, one('CONNECTION_NOT_INITED', 'CONNECTION_LAYER_INVALID')),
  'rpc.400-wait': rpc(400, one('MSG_WAIT_FAILED')),
  'rpc.401': rpc(401, one('AUTH_KEY_PERM_EMPTY', 'SESSION_PASSWORD_NEEDED', 'AUTH_KEY_UNREGISTERED'), USUAL / 2),
  'rpc.401-lost': rpc(
    401,
    one('SESSION_REVOKED', 'SESSION_EXPIRED', 'USER_DEACTIVATED', 'USER_DEACTIVATED_BAN', 'AUTH_KEY_INVALID'),
    USUAL / 20,
  ),
  'rpc.403': rpc(403, one('CHAT_WRITE_FORBIDDEN', 'USER_PRIVACY_RESTRICTED')),
  'rpc.404': rpc(404, one('METHOD_INVALID')),
  'rpc.406': rpc(406, one('FRESH_CHANGE_PHONE_FORBIDDEN', 'CHANNEL_PRIVATE')),
  'rpc.406-duplicated': rpc(406, one('AUTH_KEY_DUPLICATED'), USUAL / 20),
  'rpc.flood-short': rpc(420, seconds('FLOOD_WAIT', 1, 3)),
  'rpc.flood-long': rpc(420, seconds('FLOOD_WAIT', 30, 60), USUAL / 4),
  'rpc.flood-odd': rpc(420, one('FLOOD_WAIT_0', 'FLOOD_WAIT_1000000000', 'FLOOD_WAIT_', 'FLOOD_WAIT_X'), USUAL / 2),
  'rpc.flood-premium': rpc(420, seconds('FLOOD_PREMIUM_WAIT', 1, 3), USUAL / 2),
  'rpc.slowmode': rpc(420, seconds('SLOWMODE_WAIT', 1, 3), USUAL / 2),
  'rpc.500': rpc(500, one('INTERNAL', 'RPC_CALL_FAIL', 'WORKER_BUSY_TOO_LONG_RETRY')),
  'rpc.503': rpc(-503, one('Timeout')),
  'rpc.minus-500': rpc(-500, one('No workers running')),
  'rpc.code-zero': rpc(0, one('ODD')),
  'rpc.code-huge': rpc(1_000_000_000, one('ODD')),
  'rpc.empty': rpc(400, one('')),
  'request.delay': {
    moment: 'request',
    about: 'a request is carried out later than those after it',
    usual: USUAL * 2,
    play({ session }, how) {
      return new Promise((done) => {
        session.env.after(how.number('ms', 5 + how.dice.below(1_500)), () => done(undefined));
      });
    },
  },
};
