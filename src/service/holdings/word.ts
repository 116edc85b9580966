/** The argument that makes this program one that reads what is held. Nobody types it, and it requires an order on stdin. */
export const HOLDINGS_WORD = "--holdings-process";
