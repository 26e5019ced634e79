package dev.leat;

import java.util.List;

/** Room 4, publish: sends records so that per key the first delivery of each comes after that of all before it. */
public interface Publisher {

    /**
     * Sends what it can until the deadline. Per key at most one record is in flight, and a record leaves only after its
     * predecessor was acknowledged.
     *
     * @param records in ascending order of id within each partition key
     * @return one outcome for each record; per key the delivered ones come first
     */
    List<Outcome> publish(List<StreamRecord> records, Deadline deadline);
}
