using CsCheck;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Tests.Run;

public class WorkLedgerTests
{
    private const int Slices = 3;

    [Fact]
    public void Steps_settle_once_and_in_order_whatever_order_and_however_often_slices_are_reported() =>
        Gen.Select(Gen.Shuffle(Enumerable.Range(0, 5 * Slices).ToArray()), Gen.Int[0, 5 * Slices - 1].Array[0, 20]).Sample((order, repeats) =>
        {
            WorkLedger ledger = Ledger("a", "b");
            ledger.Grant(5, default);
            var done = new HashSet<int>();
            var settled = new List<int>();
            foreach (int one in repeats.Take(10).Concat(order).Concat(repeats))
            {
                settled.AddRange(ledger.Complete(Done(1 + one / Slices, one % Slices), default).Select(s => s.Step));
                done.Add(one);
                Assert.Equal(Enumerable.Range(0, 5).TakeWhile(s => Enumerable.Range(0, Slices).All(i => done.Contains(s * Slices + i))).Count(), ledger.SettledStep);
            }

            Assert.Equal(Enumerable.Range(1, 5), settled);
            Assert.True(ledger.IsQuiescent);
        });

    [Fact]
    public void Every_slice_is_granted_to_exactly_one_worker() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 6]).Sample((workers, last) =>
        {
            WorkLedger ledger = Ledger([.. Enumerable.Range(0, workers).Select(w => $"w{w}")]);
            (string, GrantLease Lease)[] leases = [.. ledger.Grant(last, default), .. ledger.Grant(last, default), .. ledger.Grant(last + 2, default)];
            Assert.Equal(
                from step in Enumerable.Range(1, last + 2) from slice in Enumerable.Range(0, Slices) select (step, slice),
                leases.SelectMany(l => Tasks(l.Lease)).Order());
            Assert.Equal(last + 2, ledger.GrantedStep);
        });

    [Fact]
    public void The_first_report_of_a_slice_counts_and_sums_go_in_the_order_of_slices()
    {
        WorkLedger ledger = Ledger("a");
        ledger.Grant(1, default);
        ledger.Complete(Done(1, 2) with { LossSum = 1e16 }, default);
        ledger.Complete(Done(1, 2) with { LossSum = 5, Worker = "b" }, default);
        ledger.Complete(Done(1, 0) with { LossSum = 1 }, default);
        SettledStep settled = Assert.Single(ledger.Complete(Done(1, 1) with { LossSum = 1 }, default));
        Assert.Equal(1 + 1 + 1e16, settled.LossSum); // 1e16 + 1 + 1 is 1e16
        Assert.Equal((1, 6, 3, 9, 30L, new RowTraffic(3, 6, 9, 12, 15)), (settled.Step, settled.LossCount, settled.Correct, settled.Examples, settled.Words, settled.Traffic));
        Assert.Empty(ledger.Complete(Done(1, 0), default));
        Assert.Empty(ledger.Complete(Done(2, 0), default)); // never granted
    }

    [Fact]
    public void A_lost_workers_open_slices_are_granted_again()
    {
        WorkLedger ledger = Ledger("a", "b", "c");
        (string Worker, GrantLease Lease)[] leases = [.. ledger.Grant(2, default)];
        (int Step, int Slice)[] held = [.. leases.Where(l => l.Worker == "b").SelectMany(l => Tasks(l.Lease))];
        ledger.Complete(Done(held[0].Step, held[0].Slice), default);
        (string Worker, GrantLease Lease)[] again = [.. ledger.Lose("b", default)];
        Assert.Equal(held[1..], again.SelectMany(l => Tasks(l.Lease)));
        Assert.All(again, l => Assert.Contains(l.Worker, new[] { "a", "c" }));
        Assert.DoesNotContain(ledger.Awaited(), a => a.Worker == "b");
        Assert.Equal(["a", "c"], ledger.Workers);
        Assert.Empty(ledger.GrantOrphans(default));
    }

    [Fact]
    public void What_nobody_is_left_to_do_waits_for_the_next_to_join()
    {
        WorkLedger ledger = Ledger("a");
        ledger.Grant(2, default);
        ledger.Complete(Done(1, 1), default);
        Assert.Empty(ledger.Lose("a", default));
        Assert.Empty(ledger.GrantOrphans(default));
        Assert.Empty(ledger.Grant(3, default));
        ledger.Join("b");
        Assert.Equal([(1, 0), (1, 2), (2, 0), (2, 1), (2, 2)], ledger.GrantOrphans(default).SelectMany(l => Tasks(l.Lease)));
        Assert.Empty(ledger.GrantOrphans(default));
        Assert.Equal([(0, "b"), (2, "b")], ledger.Awaited().Select(a => (a.Slice, a.Worker)));
    }

    [Fact]
    public void What_only_late_workers_hold_is_granted_to_each_other_worker_at_most_once()
    {
        WorkLedger ledger = Ledger("a", "b", "c");
        ledger.Grant(1, default); // slice 0 to a, 1 to b, 2 to c
        ledger.SetLate("a");
        Assert.Equal([("b", 0)], Orphans());
        Assert.Empty(Orphans());
        ledger.SetLate("b");
        Assert.Equal([("c", 0), ("c", 1)], Orphans());
        ledger.SetLate("c");
        Assert.Empty(Orphans());
        // Who is late no more holds what it was granted, so that nobody else needs it.
        Assert.True(ledger.ClearLate("b"), "b was late");
        Assert.Equal([("b", 2)], Orphans());
        Assert.Empty(Orphans());
        Assert.False(ledger.ClearLate("b"), "b is late no more");

        (string Worker, int Slice)[] Orphans() => [.. ledger.GrantOrphans(default).Select(l => (l.Worker, Assert.Single(l.Lease.Slices)))];
    }

    [Fact]
    public void A_worker_that_is_lost_and_joins_again_under_its_name_is_neither_late_nor_draining()
    {
        WorkLedger ledger = Ledger("a", "b", "c");
        ledger.SetLate("b");
        ledger.Drain("c");
        Assert.Equal(["a"], ledger.Available);
        foreach (string worker in (string[])["b", "c"])
        {
            ledger.Lose(worker, default);
            ledger.Join(worker);
        }

        Assert.Equal(["a", "b", "c"], ledger.Available);
        Assert.Equal((false, 0), (ledger.IsLate("b"), ledger.Draining.Count));
    }

    [Fact]
    public void Slices_are_awaited_since_they_could_have_been_computed()
    {
        WorkLedger ledger = Ledger("a");
        ledger.Grant(2, Seconds(1));
        Assert.All(ledger.Awaited(), a => Assert.Equal(("a", Seconds(1)), (a.Worker, a.Since)));
        CompleteStep(1, Seconds(5));
        Assert.All(ledger.Awaited(), a => Assert.Equal(("a", Seconds(5)), (a.Worker, a.Since)));
        CompleteStep(2, Seconds(6));
        Assert.Empty(ledger.Awaited());
        // Nothing was granted for long: what nobody holds is awaited since the grant, and not since the step before.
        ledger.Grant(3, Seconds(100));
        ledger.Lose("a", Seconds(101));
        Assert.Equal(Slices, ledger.Awaited().Count);
        Assert.All(ledger.Awaited(), a => Assert.Equal((null, Seconds(100)), (a.Worker, a.Since)));

        void CompleteStep(int step, TimeSpan now)
        {
            for (int slice = 0; slice < Slices; slice++)
                ledger.Complete(Done(step, slice), now);
        }
    }

    [Fact]
    public void A_reset_forgets_what_was_granted()
    {
        WorkLedger ledger = Ledger("a");
        ledger.Grant(2, default);
        ledger.Reset(7);
        Assert.Equal((7, 7, true), (ledger.SettledStep, ledger.GrantedStep, ledger.IsQuiescent));
        Assert.Empty(ledger.Complete(Done(1, 0), default));
        Assert.Equal(8, Assert.Single(ledger.Grant(9, default)).Lease.FirstStep);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static WorkLedger Ledger(params string[] workers)
    {
        var ledger = new WorkLedger(Slices);
        foreach (string worker in workers)
            ledger.Join(worker);
        return ledger;
    }

    private static IEnumerable<(int Step, int Slice)> Tasks(GrantLease lease) =>
        from step in Enumerable.Range(lease.FirstStep, lease.LastStep - lease.FirstStep + 1) from slice in lease.Slices select (step, slice);

    private static SliceCompleted Done(int step, int slice) => new("a", step, slice, 1, 2, 1, 10, 3, new RowTraffic(1, 2, 3, 4, 5));
}
