using System.Runtime.CompilerServices;
using CsCheck;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Tests.Storage;

public class PushLedgerTests
{
    private const int Slices = 3, Steps = 4;

    [Fact]
    public void Whatever_comes_twice_or_out_of_order_counts_once_and_steps_complete_in_order() =>
        Gen.Int[0, int.MaxValue].Array[0, 200].Sample(picks =>
        {
            // Slices of one, two and three blocks.
            (int Step, int Slice, int Block)[] all = [.. from step in Enumerable.Range(1, Steps) from slice in Enumerable.Range(0, Slices)
                                                         from block in Enumerable.Range(0, slice + 1) select (step, slice, block)];
            var ledger = new PushLedger(Slices);
            var seen = new HashSet<(int, int, int)>();
            // First what chance picks, repeats included, then everything: it must end complete.
            foreach ((int Step, int Slice, int Block) one in picks.Select(p => all[p % all.Length]).Concat(all.Reverse()))
            {
                PushRows push = Push(one.Step, one.Slice, one.Block, one.Slice + 1);
                Assert.True(ledger.Fits(push));
                Assert.Equal(seen.Add(one), ledger.TryTake(push, keep: true));
                while (all.Where(a => a.Step == ledger.CompleteStep + 1).ToArray() is { Length: > 0 } next && next.All(seen.Contains))
                {
                    Assert.Equal(next, ledger.Next!.SelectMany(blocks => blocks!).Select(b => (b!.Step, b.Slice, b.Block)));
                    Assert.True(ledger.TryComplete());
                }

                Assert.False(ledger.TryComplete());
                for (int step = 1; step <= Steps; step++)
                {
                    Assert.Equal(
                        Enumerable.Range(0, Slices).Where(s => all.Any(a => a.Step == step && a.Slice == s && !seen.Contains(a))),
                        ledger.MissingSlices(step));
                }
            }

            Assert.Equal(Steps, ledger.CompleteStep);
        });

    [Fact]
    public void Blocks_that_make_no_sense_do_not_fit()
    {
        var ledger = new PushLedger(Slices);
        Assert.True(ledger.TryTake(Push(1, 0, 0, 2), keep: true));
        Assert.True(ledger.Fits(Push(1, 0, 1, 2)));
        Assert.False(ledger.Fits(Push(1, 0, 1, 3))); // this slice has two blocks
        Assert.True(ledger.Fits(Push(1, 1, 1, 3)));
        Assert.True(ledger.Fits(Push(2, 0, 1, 3)));
        Assert.False(ledger.Fits(Push(1, Slices, 0, 1)));
        Assert.False(ledger.Fits(Push(1, -1, 0, 1)));
        Assert.False(ledger.Fits(Push(1, 1, 2, 2)));
        Assert.False(ledger.Fits(Push(1, 1, -1, 2)));
        Assert.False(ledger.Fits(Push(1, 1, 0, 0)));
    }

    [Fact]
    public void Pushes_of_complete_steps_are_let_go()
    {
        var ledger = new PushLedger(1);
        List<WeakReference> pushes = TakeAll(ledger);
        GC.Collect();
        Assert.InRange(pushes.Count(p => p.IsAlive), 0, 4); // but for what the stack may still name
        Assert.Equal(200, ledger.CompleteStep);
    }

    [Fact]
    public void What_is_not_kept_is_counted_and_let_go()
    {
        var ledger = new PushLedger(1);
        PushRows push = new("w", 1, 0, 0, 1, [new RowGradients(0, [1], new float[] { 1 })]);
        Assert.True(ledger.TryTake(push, keep: false));
        Assert.False(ledger.TryTake(push, keep: false));
        Assert.Empty(Assert.Single(Assert.Single(ledger.Next!)!)!.Gradients);
        Assert.True(ledger.TryComplete());
        Assert.Null(ledger.Next);
    }

    [Fact]
    public void A_reset_forgets_what_is_pending_and_counts_from_its_step()
    {
        var ledger = new PushLedger(1);
        ledger.TryTake(Push(1, 0, 0, 1), keep: true);
        ledger.TryTake(Push(8, 0, 0, 1), keep: true);
        ledger.Reset(7);
        Assert.Equal((7, false), (ledger.CompleteStep, ledger.TryTake(Push(7, 0, 0, 1), keep: true)));
        Assert.Equal([0], ledger.MissingSlices(8));
        Assert.False(ledger.TryComplete());
        Assert.True(ledger.TryTake(Push(8, 0, 0, 1), keep: true));
        Assert.True(ledger.TryComplete());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> TakeAll(PushLedger ledger)
    {
        var pushes = new List<WeakReference>();
        for (int step = 1; step <= 200; step++)
        {
            for (int repeat = 0; repeat < 2; repeat++)
            {
                PushRows push = Push(step, 0, 0, 1);
                pushes.Add(new WeakReference(push));
                ledger.TryTake(push, keep: true);
                ledger.TryComplete();
            }
        }

        return pushes;
    }

    private static PushRows Push(int step, int slice, int block, int blocks) => new("w", step, slice, block, blocks, []);
}
