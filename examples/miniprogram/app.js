// Nothing to do at the start: the first request of a page logs in, and the others wait for it.
App({});
