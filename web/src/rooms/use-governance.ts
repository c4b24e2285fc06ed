// Matters, orders and proposed rules as the server tells them. Nothing is shown as done before the server says so.

import { useEffect } from 'preact/hooks';
import { get } from '../core/api.ts';
import type { Grant, Id, Matter, Order, Proposals } from '../core/types.ts';
import { useLoad, type Loaded } from '../ui/states.tsx';
import { me } from './known.ts';

const ASK_AGAIN_MS = 2_000;

/** For officers; to anybody else there are none. */
export function useMatters(): Loaded<Matter[]> {
  const isOfficer = me()?.role === 'officer';
  return useLoad<Matter[]>(async (signal) => (isOfficer ? (await get<{ matters: Matter[] }>('/matters', {}, { signal })).matters : []), [isOfficer]);
}

/** All grants there are or were; for officers. Asked for anew when what they depend on changes. */
export function useGrants(on: unknown[] = []): Loaded<Grant[]> {
  return useLoad<Grant[]>(async (signal) => (await get<{ grants: Grant[] }>('/grants', {}, { signal })).grants, on);
}

export function useOrders(): Loaded<Order[]> {
  const orders = useLoad<Order[]>(async (signal) => (await get<{ orders: Order[] }>('/orders', {}, { signal })).orders);
  const isUnderWay = orders.data?.some((order) => order.state === 'approved') ?? false;
  useEffect(() => {
    if (!isUnderWay) return;
    const timer = setInterval(orders.reload, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isUnderWay]);
  return orders;
}

/** Asked again while one is about to take effect, for it does so by itself. */
export function useProposals(): Loaded<Proposals> {
  const proposals = useLoad<Proposals>((signal) => get('/proposals', {}, { signal }));
  const next = Math.min(...(proposals.data?.proposals ?? []).filter((one) => one.state === 'approved').map((one) => one.takes_effect_at ?? Infinity));
  useEffect(() => {
    if (!Number.isFinite(next)) return;
    const timer = setInterval(() => {
      if (Date.now() >= next) proposals.reload();
    }, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [next]);
  return proposals;
}

export const matterName = (matters: Matter[] | undefined, id: Id | null): string | undefined => matters?.find((matter) => matter.id === id)?.name;
