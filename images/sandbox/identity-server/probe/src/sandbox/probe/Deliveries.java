package sandbox.probe;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often each write arrived at this node, counted before anything else is done with it: a replayed request shows
 * here even when its insert failed. The newest ids are kept, enough for any test and too few to fill the heap.
 */
final class Deliveries {
    private static final int MAX_IDS = 200_000;

    /** A write is identified by key and id. */
    private record Write(String key, String id) {
    }

    private final Map<Write, Integer> counts = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Write, Integer> eldest) {
            return size() > MAX_IDS;
        }
    };

    synchronized int record(String key, String id) {
        return counts.merge(new Write(key, id), 1, Integer::sum);
    }

    /** Deliveries of an id under whatever key. */
    synchronized int of(String id) {
        return counts.entrySet().stream()
                .filter(entry -> entry.getKey().id().equals(id)).mapToInt(Map.Entry::getValue).sum();
    }

    /** Total deliveries under a key, and the ids that arrived more than once. */
    synchronized Map<String, Object> summary(String key) {
        long deliveries = 0;
        long ids = 0;
        Map<String, Object> repeated = new LinkedHashMap<>();
        for (Map.Entry<Write, Integer> entry : counts.entrySet()) {
            if (entry.getKey().key().equals(key)) {
                ids++;
                deliveries += entry.getValue();
                if (entry.getValue() > 1) {
                    repeated.put(entry.getKey().id(), entry.getValue());
                }
            }
        }
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("ids", ids);
        summary.put("deliveries", deliveries);
        summary.put("repeated", repeated);
        return summary;
    }
}
