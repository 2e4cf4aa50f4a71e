/**
 * Signin: one sign-in over one gateway, from the connection to the session line.
 * In: what the command line said, somebody to ask. Out: the session line, or that it is kept by name.
 * Never: a session left signed in that nobody was told of.
 */
import type { Asker } from './asker.ts';
import { apiOf, type FlowOptions, accountName, signIn } from './flow.ts';
import { GatewayConnection, type Line, type GatewayAddress } from './gateway.ts';
import { runFlow } from './run.ts';
import { Interrupted, SigninFailed } from './steps.ts';

export interface SigninOptions extends FlowOptions {
  readonly gateway: GatewayAddress;
  readonly apiId: number | undefined;
  readonly apiHash: string | undefined;
  /** Fields of initConnection beside api_id. */
  readonly device: Readonly<Record<string, string>>;
  /** The data centre to begin at; undefined for the gateway's own. */
  readonly server: { readonly dc?: number; readonly test?: boolean } | undefined;
  /** The name the session is kept by; undefined to have it printed. */
  readonly save: string | undefined;
}

export interface SigninResult {
  /** `Demo User (@demo_user)`. */
  readonly who: string;
  /** The gateway's line with the session, as it came. */
  readonly line: string;
}

/** @throws SigninFailed, Interrupted */
export async function signin(wanted: SigninOptions, asker: Asker, signal: AbortSignal): Promise<SigninResult> {
  const gateway = await GatewayConnection.open(wanted.gateway);
  const context = { gateway, asker, signal };
  try {
    const api = await runFlow(apiOf(wanted.apiId, wanted.apiHash), context);
    await begin(gateway, wanted, api.apiId);
    const authorization = await runFlow(signIn(api, wanted), context);
    if (signal.aborted) {
      // The last call was on its way when the person wanted out.
      await gateway.call({ _cons: 'auth.logOut' });
      throw new Interrupted();
    }
    return { who: accountName(authorization), line: await sessionLine(gateway) };
  } finally {
    gateway.close();
  }
}

/** How the connection is spoken to, where it goes, and what the session is called. */
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

/** A name that somebody is signed in under is not signed in to again: that would be another account's end. */
function checkUnused(name: string, session: Line): void {
  if (session['lost'] !== undefined)
    throw new SigninFailed(
      'SESSION_LOST',
      `The gateway keeps a session as ${name} that Telegram has ended; forget it first: {"session":{"forget":"${name}"}}.`,
    );
  if (session['user_id'] !== undefined)
    throw new SigninFailed(
      'ALREADY_SIGNED_IN',
      `The gateway keeps a session as ${name}, and it is signed in already. {"session":{"name":"${name}"}} uses it; ` +
        `{"session":{"forget":"${name}"}} logs out and forgets it; or take another name.`,
    );
}

/** `{"id":1,"session":{…}}`, numbers as numbers. */
async function sessionLine(gateway: GatewayConnection): Promise<string> {
  await gateway.ask({ options: { int64: 'number' } });
  const { text } = await gateway.ask({ id: 1, session: {} });
  return text;
}
