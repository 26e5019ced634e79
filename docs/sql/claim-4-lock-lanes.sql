select leat.lane.lane, leat.lane.low
from leat.lane
where ((? >> cast(leat.lane.lane as int)) & 1) = 0
order by mod(
  ((mod(
    (leat.lane.lane * 49),
    64
  ) - ?) + 64),
  64
)
fetch next ? rows only
for update skip locked
