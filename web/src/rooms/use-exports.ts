// The list of exports, kept current by the socket's news and by asking again while one is being built.

import { useEffect } from 'preact/hooks';
import { get } from '../core/api.ts';
import { exportNews } from '../core/live.ts';
import type { ExportJob } from '../core/types.ts';
import { useLoad, type Loaded } from '../ui/states.tsx';

const ASK_AGAIN_MS = 5_000;

export function useExports(): Loaded<ExportJob[]> {
  const list = useLoad<ExportJob[]>(async (signal) => (await get<{ exports: ExportJob[] }>('/exports', {}, { signal })).exports);
  const news = exportNews.value;
  useEffect(() => {
    if (news && list.data) list.set(merge(list.data, news));
  }, [news]);
  const building = list.data?.some((job) => job.state === 'running') ?? false;
  useEffect(() => {
    if (!building) return;
    const timer = setInterval(list.reload, ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [building]);
  return list;
}

/** An administrator's news carries less than the list: what is known stays. */
function merge(jobs: ExportJob[], news: ExportJob): ExportJob[] {
  return jobs.some((job) => job.id === news.id) ? jobs.map((job) => (job.id === news.id ? { ...job, ...news } : job)) : [news, ...jobs];
}
