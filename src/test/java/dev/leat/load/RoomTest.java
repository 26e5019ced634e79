package dev.leat.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RoomTest {

    private final Room room = new Room(new Room.Limits(1_000, 10_000_000), new Room.Limits(100, 1_000_000));

    @Test
    void nothingIsAddedBeforeALook() {
        assertThat(room.rows()).isZero();
    }

    @Test
    void asManyRowsAreAddedAsMayWaitTogetherWithThoseThatDo() {
        room.seen(30, 5_000, 0);
        assertThat(room.rows()).isEqualTo(70);
        room.added(60, 6_000);
        assertThat(room.rows()).isEqualTo(10);
        room.added(10, 1_000);
        assertThat(room.rows()).isZero();
        room.seen(101, 5_000, 0);
        assertThat(room.rows()).isZero();
    }

    @Test
    void largeRowsAreFewerAndOneAtLeast() {
        room.seen(0, 0, 0);
        room.added(1, 500_000);
        room.seen(0, 900_000, 0);
        assertThat(room.rows()).isEqualTo(1);
        room.seen(0, 1_000_000, 0);
        assertThat(room.rows()).isZero();
    }

    @Test
    void thereIsMoreRoomOnceManyLooksInARowHaveFoundNoChange() {
        for (int round = 0; round < 2; round++) {
            room.seen(30, 5_000, 1);
            assertThat(room.rows()).isEqualTo(70);
            for (int look = 0; look < 99; look++) {
                room.seen(30, 5_000, 0);
                assertThat(room.rows()).isEqualTo(70);
            }
            room.seen(30, 5_000, 0);
            assertThat(room.rows()).isEqualTo(970);
        }
    }

    @Test
    void aLimitHasRoomForOneEvent() {
        assertThatThrownBy(() -> new Room.Limits(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Room.Limits(1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
