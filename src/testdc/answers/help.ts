/** Answers of `help.*`: the configuration that clients ask for first. */
import { Cans } from '../tl/canned.ts';
import type { Canned } from '../tl/canned.ts';
import type { TlObject } from '../tl/tl-value.ts';
import type { World } from '../world/world.ts';
import type { MethodAnswer, Call, DcAddress } from './call.ts';

/** Limits and periods as production sends them. */
const CONFIG_LIMITS = {
  chat_size_max: 200,
  megagroup_size_max: 200_000,
  forwarded_count_max: 100,
  online_update_period_ms: 210_000,
  offline_blur_timeout_ms: 5_000,
  offline_idle_timeout_ms: 30_000,
  online_cloud_timeout_ms: 300_000,
  notify_cloud_delay_ms: 30_000,
  notify_default_delay_ms: 1_500,
  push_chat_period_ms: 60_000,
  push_chat_limit: 2,
  edit_time_limit: 172_800,
  revoke_time_limit: 2_147_483_647,
  revoke_pm_time_limit: 2_147_483_647,
  rating_e_decay: 2_419_200,
  stickers_recent_limit: 200,
  channels_read_media_period: 604_800,
  call_receive_timeout_ms: 20_000,
  call_ring_timeout_ms: 90_000,
  call_connect_timeout_ms: 30_000,
  call_packet_timeout_ms: 10_000,
  caption_length_max: 1_024,
  message_length_max: 4_096,
};

function dcOption({ id, host, port, isMediaOnly, secret }: DcAddress): TlObject {
  return {
    _: 'dcOption',
    ipv6: host.includes(':'),
    media_only: isMediaOnly === true,
    tcpo_only: secret !== undefined,
    // This DC does not listen on the other well-known ports.
    this_port_only: true,
    static: true,
    id,
    ip_address: host,
    port,
    ...(secret === undefined ? {} : { secret }),
  };
}

/** `help.getConfig`, canned for a second, since its date is in seconds. */
function getConfig(call: Call): Canned {
  const date = Math.floor(call.now / 1000);
  return canned(call, `${date} ${call.dcs.length}`, () => config(call, date));
}

function config(call: Call, date: number): TlObject {
  return {
    _: 'config',
    revoke_pm_inbox: true,
    date,
    expires: date + 3_600,
    test_mode: call.isTest,
    this_dc: call.dcId,
    dc_options: call.dcs.map(dcOption),
    dc_txt_domain_name: 'apv3.stel.com',
    ...CONFIG_LIMITS,
    me_url_prefix: 'https://t.me/',
    webfile_dc_id: call.dcs[0]!.id,
  };
}

/** Canned answers of each world. */
const cans = new WeakMap<World, Cans>();

function canned(call: Call, version: string, make: () => TlObject): Canned {
  let ofWorld = cans.get(call.world);
  if (ofWorld === undefined) cans.set(call.world, (ofWorld = new Cans(100)));
  return ofWorld.get(`${call.method} ${call.dcId}`, version, make);
}

function getNearestDc(call: Call): Canned {
  const { dcId } = call;
  return canned(call, '', () => ({ _: 'nearestDc', country: 'NL', this_dc: dcId, nearest_dc: dcId }));
}

/** Limits that real clients look for; the hash is to change with the list. */
const APP_CONFIG: Readonly<Record<string, number | boolean>> = {
  test: true,
  upload_max_fileparts_default: 4_000,
  upload_max_fileparts_premium: 8_000,
  dialogs_pinned_limit_default: 5,
  quote_length_max: 1_024,
};
const APP_CONFIG_HASH = 0x1d0c;

function getAppConfig(call: Call): TlObject {
  if (call.args['hash'] === APP_CONFIG_HASH) return { _: 'help.appConfigNotModified' };
  const value = Object.entries(APP_CONFIG).map(([key, entry]): TlObject => ({
    _: 'jsonObjectValue',
    key,
    value: typeof entry === 'boolean' ? { _: 'jsonBool', value: entry } : { _: 'jsonNumber', value: entry },
  }));
  return { _: 'help.appConfig', hash: APP_CONFIG_HASH, config: { _: 'jsonObject', value } };
}

export const helpAnswers: Readonly<Record<string, MethodAnswer>> = {
  'help.getConfig': getConfig,
  'help.getNearestDc': getNearestDc,
  'help.getAppConfig': getAppConfig,
};
