/**
 * Take name answer: what the main thread says of a session's name: what was found there, or what came of what a line has asked for.
 * In: NAMED records. Out: the line that waited goes on, or is refused. Never: ends a session because of what one line could not have stored,
 * but for one that was handed in with that line.
 */
import type { NameAnswer, NameFault } from '../../batch/name-records.ts';
import { openNamed, refusalOfName } from '../attach/attach.ts';
import { refuseForget } from '../attach/forget.ts';
import { endForAll, endForgotten } from '../attach/over.ts';
import { endWaiting, takeWaiting } from '../attach/waiting.ts';
import type { ClientLine } from '../state/attachment.ts';
import type { ConnectionState } from '../state/state.ts';
import { takeOn } from './requests.ts';
import { residenceAnswered } from './residence.ts';

/** Takes a NAMED record. @param all the session's connections, the home one first @param now Unix ms */
export function takeNameAnswer(all: readonly ConnectionState[], answer: NameAnswer, now: number): void {
  const home = all[0]!;
  const { session } = home;
  const { action, ticket, fault } = answer;
  if (action === 'open') return openNamed(home, answer, now);
  if (action === 'list') return;
  if (action === 'store') return takeStored(all, ticket, fault, now);
  // It may be for a line of a thread that was lost.
  const waiting = takeWaiting(session, 'forget', ticket);
  if (fault === undefined) endForgotten(all, waiting);
  else if (waiting !== undefined) refuseForget(home, session.stored!, waiting, fault);
}

/** A session that was handed in, or who keeps it open, is on the disk, or is not. */
function takeStored(all: readonly ConnectionState[], ticket: number, fault: NameFault | undefined, now: number): void {
  const home = all[0]!;
  const { session } = home;
  const handedIn = takeWaiting(session, 'store', ticket);
  if (handedIn !== undefined)
    return fault === undefined ? takeOn(home, handedIn, 'store', now) : refuseHandedIn(all, handedIn, fault);
  const waiting = takeWaiting(session, 'residence', ticket);
  residenceAnswered(home, fault !== undefined);
  if (waiting === undefined) return;
  if (fault === undefined) takeOn(home, waiting, 'residence', now);
  else endWaiting(home, waiting, refusalOfName(fault));
}

/** What was handed in is as if it had never been. */
function refuseHandedIn(all: readonly ConnectionState[], line: ClientLine, fault: NameFault): void {
  const home = all[0]!;
  endWaiting(home, line, refusalOfName(fault));
  home.sink.name('release', 0);
  endForAll(all, 'the session could not be stored', 'store');
}
