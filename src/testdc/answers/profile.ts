/**
 * `account.updateProfile` and `account.updateStatus`: executed each time they come, since they have no `random_id`.
 * In: a request. Out: the changed user. Never: once for two requests; the ledger counts each.
 */
import { DcRpcError } from '../protocol/rpc-error.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { userObject } from '../world/peers.ts';
import type { MethodAnswer, Call } from './call.ts';
import { self } from './peer.ts';

/** Changes a person; the ledger counts by the new `about`. */
function updateProfile(call: Call): TlObject {
  const { args, world } = call;
  const person = world.people.get(self(call));
  if (person === undefined) throw new DcRpcError(401, 'AUTH_KEY_UNREGISTERED');
  const about = args['about'] as string | undefined;
  if (about !== undefined) world.executed(about);
  const changed = {
    ...person,
    ...(about === undefined ? {} : { about }),
    ...(args['first_name'] === undefined ? {} : { firstName: args['first_name'] as string }),
  };
  world.changed(changed);
  return userObject(changed, person.id, call.dcId);
}

export const profileAnswers: Readonly<Record<string, MethodAnswer>> = {
  'account.updateProfile': updateProfile,
  'account.updateStatus': () => true,
};
