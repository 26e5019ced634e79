select leat.lane.lane, leat.lane.low
from leat.lane
order by mod(
  ((leat.lane.lane - ?) + 64),
  64
)
fetch next ? rows only
for update skip locked
