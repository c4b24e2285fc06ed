// Floors: how long nothing may be forgotten. The rules of today tell them; of the past the ledger does.

import { get } from '../core/api.ts';
import type { Id, LedgerPage, Workspace } from '../core/types.ts';
import type { AdminChannel } from './known.ts';
import { t } from './words.ts';

export interface Floor {
  days: number | null;
  locked: boolean;
}
export interface Floors {
  workspace: Floor;
  channels: ReadonlyMap<Id, Floor>;
}

const NONE: Floor = { days: null, locked: false };
const PAGE = 200;
/** Twenty thousand positions a page: beyond that a floor is not guessed at. */
const PAGES_MAX = 500;

export function floorsOf(workspace: Workspace, channels: AdminChannel[]): Floors {
  const own = channels.map(({ id, rule }): [Id, Floor] => [id, { days: rule.own_floor_days, locked: rule.locked }]);
  return { workspace: { days: workspace.floor_days, locked: workspace.locked }, channels: new Map(own) };
}

/** As of now, or as they were before a position of the log. */
export async function fetchFloors(signal: AbortSignal, asOf: LedgerPage['next'] = null): Promise<Floors> {
  const found = new Map<Id | null, Floor>();
  let before = asOf;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page: LedgerPage = await get<LedgerPage>('/ledger', { act: 'policy.set', before, limit: PAGE }, { signal });
    for (const { channel, object } of page.entries) {
      if (found.has(channel)) continue;
      found.set(channel, { days: typeof object.floor === 'number' ? object.floor : null, locked: object.locked === true });
    }
    before = page.next;
    if (before === null) {
      const channels = new Map([...found].filter((one): one is [Id, Floor] => one[0] !== null));
      return { workspace: found.get(null) ?? NONE, channels };
    }
  }
  throw new Error(t('floors_unknown'));
}

export const ownFloor = (floors: Floors, c: Id | null): Floor => (c === null ? floors.workspace : (floors.channels.get(c) ?? NONE));

/** The longer of the two: a channel can lengthen the workspace's floor, not shorten it. */
export function floorOf(floors: Floors, c: Id): number | null {
  const both = [floors.workspace.days, ownFloor(floors, c).days].filter((days) => days !== null);
  return both.length ? Math.max(...both) : null;
}
