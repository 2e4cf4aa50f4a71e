/**
 * Signin: one sign-in over one gateway, from the connection to the session line.
 * In: the options of the command line, an asker. Out: the user and the gateway's line with the session.
 * Never: a session that stays signed in after the person ended the sign-in.
 */
import type { Asker } from './asker.ts';
import { apiOf, type FlowOptions, accountName, signIn } from './flow.ts';
import { GatewayConnection, type Line, type GatewayAddress } from './gateway.ts';
import { runFlow } from './run.ts';
import { Interrupted, SigninFailed } from './steps.ts';

/** A sign-in as the command line asks for it. */
export interface SigninOptions extends FlowOptions {
  readonly gateway: GatewayAddress;
  readonly apiId: number | undefined;
  readonly apiHash: string | undefined;
  /** Fields of initConnection besides api_id. */
  readonly device: Readonly<Record<string, string>>;
  /** The data centre to begin with; undefined for the gateway's default. */
  readonly server: { readonly dc?: number; readonly test?: boolean } | undefined;
  /** The name under which the vault stores the session; undefined to have the session printed. */
  readonly save: string | undefined;
}

/** A sign-in that succeeded. */
export interface SigninResult {
  /** The user: `Demo User (@demo_user)`. */
  readonly who: string;
  /** The gateway's line with the session, as it came. */
  readonly line: string;
}

/** Signs in. @throws SigninFailed with a sentence; Interrupted if the person ended it */
export async function signin(wanted: SigninOptions, asker: Asker, signal: AbortSignal): Promise<SigninResult> {
  const gateway = await GatewayConnection.open(wanted.gateway);
  const context = { gateway, asker, signal };
  try {
    const api = await runFlow(apiOf(wanted.apiId, wanted.apiHash), context);
    await begin(gateway, wanted, api.apiId);
    const authorization = await runFlow(signIn(api, wanted), context);
    if (signal.aborted) {
      // The person ended the sign-in while the call that signed in was on its way.
      await gateway.call({ _cons: 'auth.logOut' });
      throw new Interrupted();
    }
    return { who: accountName(authorization), line: await sessionLine(gateway) };
  } finally {
    gateway.close();
  }
}

/** Sends the options of the connection: the form of values, the data centre, the session's name. */
async function begin(gateway: GatewayConnection, wanted: SigninOptions, apiId: number): Promise<void> {
  const options = { int64: 'string', flags: 'bool', init: { api_id: apiId, ...wanted.device } };
  const attributes: Line = {
    options,
    ...(wanted.server === undefined ? {} : { server: wanted.server }),
    ...(wanted.save === undefined ? {} : { session: { name: wanted.save } }),
  };
  const { line } = await gateway.ask(attributes);
  if (wanted.save !== undefined) checkUnused(wanted.save, line['session'] as Line);
}

/** Refuses a name whose session is signed in or lost: a new sign-in would replace that session. */
function checkUnused(name: string, session: Line): void {
  if (session['lost'] !== undefined)
    throw new SigninFailed(
      'SESSION_LOST',
      `The gateway has a session named ${name} that Telegram has ended; forget it first: {"session":{"forget":"${name}"}}.`,
    );
  if (session['user_id'] !== undefined)
    throw new SigninFailed(
      'ALREADY_SIGNED_IN',
      `The gateway has a session named ${name}, and it is signed in already. {"session":{"name":"${name}"}} uses it; ` +
        `{"session":{"forget":"${name}"}} logs out and forgets it; or take another name.`,
    );
}

/** The line `{"id":1,"session":{…}}`, 64-bit integers as numbers. */
async function sessionLine(gateway: GatewayConnection): Promise<string> {
  await gateway.ask({ options: { int64: 'number' } });
  const { text } = await gateway.ask({ id: 1, session: {} });
  return text;
}
