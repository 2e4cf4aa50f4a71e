/**
 * Judge: the checks that look at numbers alone.
 * In: what was measured. Out: findings. Never: a socket, a file, a clock.
 */
import { type Finding, ok, warning, wrong } from './finding.ts';

/** Telegram refuses messages whose time is more than 30 s ahead or 300 s behind; the gateway corrects what is less than a day. */
const CLOCK_MOST = 30;
const DAY = 86_400;
/** Descriptors that one client takes: its own socket, and one to a data centre. */
const SOCKETS_EACH = 2;

/** How far the clocks differ. @param server its clock, Unix s @param here this machine's at the same moment, Unix s */
export function judgeClock(server: number, here: number): Finding {
  const off = Math.round(here - server);
  const text = `this machine's clock is ${Math.abs(off)} s ${off < 0 ? 'behind' : 'ahead of'} the data centre's`;
  if (Math.abs(off) <= CLOCK_MOST) return ok('clock', text);
  const todo = 'set the clock (timedatectl set-ntp true, or another NTP client)';
  return Math.abs(off) > DAY ? wrong('clock', text, todo) : warning('clock', text, todo);
}

/** Whether the configured clients fit. @param limit of open files @param most clients; undefined for as many as fit */
export function judgeDescriptors(limit: number, most: number | undefined): Finding {
  if (most !== undefined && most * SOCKETS_EACH > limit)
    return warning(
      'descriptors',
      `--max-connections ${most} needs ${most * SOCKETS_EACH} open files, and this process may have ${limit}`,
      `raise the limit (ulimit -n, or LimitNOFILE= of the unit) or give a smaller --max-connections`,
    );
  return ok('descriptors', `up to ${limit} files may be open`);
}

/** Whether the gateway can send initConnection. */
export function judgeApiId(apiId: number | undefined): Finding {
  if (apiId !== undefined) return ok('api_id', `api_id is ${apiId}`);
  return warning(
    'api_id',
    'there is no api_id: clients must send initConnection themselves, or get CONNECTION_NOT_INITED',
    'take one from https://my.telegram.org and give it as --api-id',
  );
}
