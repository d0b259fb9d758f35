// What went wrong, in words for the person at the page; any other error is the page's own fault.

export class ShownError extends Error {}
