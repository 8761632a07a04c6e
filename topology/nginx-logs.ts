/**
 * Where Nginx logs. Whoever prints into a pipe that nobody reads stands still, so a load balancer has files, which its entry point passes on.
 * An engine cannot change the entry point of a container that is there: one of an earlier release passes on nothing, and prints.
 */

/** Folder of the files that the entry point passes on. */
export const LOGS_PATH = '/tmp/logs';

/** The configuration's file with the directives for those. */
export const PASSED_ON_FILE = 'passed-on.conf';

/** Format and pieces of the access log. Whole lines together, as many as a pipe takes at once, and a tenth of a second late at most: to write
 * each by itself costs as much as a fifth of the request. */
const REQUESTS = 'requests buffer=4k flush=100ms';

/** For the main block: what is no request's. */
export const PRINTED_ERRORS = 'error_log /dev/stderr warn;\n';

/** For the http block. */
export const PRINTED_REQUESTS = `  access_log /dev/stdout ${REQUESTS};\n`;

/** For every server, whose logs count before those around it. The link is there where the entry point passes on. */
export const PASSED_ON = '    include /tmp/passed-on*.conf;\n';

export const PASSED_ON_CONF = `access_log ${LOGS_PATH}/requests.log ${REQUESTS};
error_log ${LOGS_PATH}/errors.log warn;
`;
