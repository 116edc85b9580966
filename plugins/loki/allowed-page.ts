import type { Api, PageRequest } from "./api.ts";
import type { Page } from "./page.ts";
import { entriesLimit } from "./refusal.ts";

/** A page, and whether more may follow. */
export interface AllowedPage {
  readonly page: Page;
  readonly isFull: boolean;
}

/** Asks for one page, of at most as many entries as the server allows at once. */
export async function allowedPage(api: Api, request: PageRequest, signal: AbortSignal): Promise<AllowedPage> {
  try {
    const page = await api.page(request, signal);
    return { page, isFull: page.entries.length >= request.limit };
  } catch (error) {
    const most = entriesLimit(error) ?? 0;
    if (most < 1 || most >= request.limit) throw error;
    return allowedPage(api, { ...request, limit: most }, signal);
  }
}
