package dev.leat.kinesis;

import dev.leat.pipeline.StreamRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Claims with hot and cold keys, truncate markers, two streams, and records that no stream takes. */
final class RandomClaim {

    /** In bytes; a few records are larger. */
    static final int LARGEST = 1_200_000;

    /** The size that marks a record which spoils its request. */
    static final int POISON = 113;

    private RandomClaim() {}

    static List<StreamRecord> of(Random random) {
        List<StreamRecord> all = new ArrayList<>();
        int keys = 1 + random.nextInt(25);
        int truncates = random.nextInt(3) == 0 ? 4 : 0;
        Map<Integer, Long> ids = new HashMap<>();
        for (int n = random.nextInt(80); n > 0; n--) {
            // Lanes advance at their own pace: ids ascend within a lane and are mixed between lanes.
            int key = random.nextInt(5) == 0 ? 0 : random.nextInt(keys);
            int lane = Records.laneOf("k" + key);
            long id = ids.merge(lane, 64L + lane, (last, one) -> last + 64 * (1 + random.nextInt(9)));
            if (random.nextInt(20) < truncates) {
                all.add(Records.truncate(id, lane));
            } else {
                int size = random.nextInt(30) == 0 ? LARGEST + random.nextInt(5) : 100 + random.nextInt(900_000);
                int bytes = random.nextInt(40) == 0 ? POISON : random.nextBoolean() ? size : 200;
                String stream = random.nextInt(8) == 0 ? "other" : Records.STREAM;
                all.add(Records.record(id, "k" + key, stream, bytes, random.nextBoolean()));
            }
        }
        return all;
    }
}
