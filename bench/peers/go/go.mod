module streamspace/bench/peers/go

go 1.19
