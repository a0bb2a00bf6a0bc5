// Where `watch` keeps what it finds unless it is told otherwise: for root where a service keeps its state (file-hierarchy(7)).

export const WATCH_FOLDER = '/var/lib/iowitness/watch';
