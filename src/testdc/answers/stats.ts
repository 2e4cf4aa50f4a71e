/** Answers of `stats.*`, made for STATS_MIGRATE (protocol: RPC errors): here for everybody, on Telegram for admins. */
import type { TlObject } from '../tl/tl-value.ts';
import type { MethodAnswer, Call } from './call.ts';
import { stay } from './migrate.ts';
import { channel } from './peer.ts';

const NUMBERS = [
  'followers',
  'views_per_post',
  'shares_per_post',
  'reactions_per_post',
  'views_per_story',
  'shares_per_story',
  'reactions_per_story',
] as const;

const GRAPHS = [
  'growth',
  'followers',
  'mute',
  'top_hours',
  'interactions',
  'iv_interactions',
  'views_by_source',
  'new_followers_by_source',
  'languages',
  'reactions_by_emotion',
  'story_interactions',
  'story_reactions_by_emotion',
] as const;

function getBroadcastStats(call: Call): TlObject {
  const group = channel(call, call.args['channel'] as TlObject);
  stay(call, 'STATS', String(group.id), call.world.statsDc);
  const now = Math.floor(call.now / 1000);
  const stats: TlObject = {
    _: 'stats.broadcastStats',
    period: { _: 'statsDateRangeDays', min_date: now - 604_800, max_date: now },
    enabled_notifications: { _: 'statsPercentValue', part: group.size / 2, total: group.size },
    recent_posts_interactions: [],
  };
  for (const name of NUMBERS)
    stats[name] = { _: 'statsAbsValueAndPrev', current: group.size, previous: group.size - 1 };
  for (const name of GRAPHS) stats[`${name}_graph`] = { _: 'statsGraphAsync', token: `${name} of ${group.id}` };
  return stats;
}

function loadAsyncGraph(call: Call): TlObject {
  const token = call.args['token'] as string;
  stay(call, 'STATS', token, call.world.statsDc);
  return { _: 'statsGraph', json: { _: 'dataJSON', data: JSON.stringify({ title: token, columns: [] }) } };
}

export const statsAnswers: Readonly<Record<string, MethodAnswer>> = {
  'stats.getBroadcastStats': getBroadcastStats,
  'stats.loadAsyncGraph': loadAsyncGraph,
};
