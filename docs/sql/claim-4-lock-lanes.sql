select leat.lane.lane, leat.lane.low
from leat.lane
where ((? >> cast(leat.lane.lane as int)) & 1) = 0
order by mod(
  ((((((cast(leat.lane.lane as int) >> 0) & 1) << 5) + (((cast(leat.lane.lane as int) >> 1) & 1) << 4) + (((cast(leat.lane.lane as int) >> 2) & 1) << 3) + (((cast(leat.lane.lane as int) >> 3) & 1) << 2) + (((cast(leat.lane.lane as int) >> 4) & 1) << 1) + (((cast(leat.lane.lane as int) >> 5) & 1) << 0)) - ?) + 64),
  64
)
fetch next ? rows only
for update skip locked
