using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Tests.Run;

public class PhaseWatchTests
{
    private const int Epoch = 4;

    [Fact]
    public void Dev_has_stalled_when_so_many_evaluations_of_the_phase_brought_nothing_better()
    {
        PhaseWatch watch = Watch(new PhaseEndSpec { DevStalled = 2 });
        Assert.Equal("||||dev stalled for 2", Ends(watch, 0.5, 0.4, 0.6, 0.6, 0.5));
        // What was better before the phase began does not count: a phase has to show what it can do.
        watch = Watch(new PhaseEndSpec { AfterSteps = 4 }, new PhaseEndSpec { DevStalled = 1 });
        Assert.Equal("|||dev stalled for 1", Ends(watch, 0.9, 0.4, 0.5, 0.5));
        // It is looked at with the evaluation, not later.
        Assert.Null(watch.EndOf(18, Evaluations(0.9, 0.4, 0.5, 0.5)));

        static string Ends(PhaseWatch watch, params double[] accuracies) =>
            string.Join('|', Enumerable.Range(1, accuracies.Length).Select(n => watch.EndOf(n * Epoch, Evaluations(accuracies[..n]))));
    }

    [Fact]
    public void Loss_and_gradient_norm_are_looked_at_every_so_many_steps_of_the_phase()
    {
        PhaseWatch watch = Watch(new PhaseEndSpec { AfterSteps = 2 }, new PhaseEndSpec { TrainLossBelow = 0.5, CheckEverySteps = 3 });
        double[] losses = [0, 0, 0.9, 0.1, 0.9, 0.9, 0.4, 0.1];
        var ended = new List<string?>();
        for (int step = 1; step <= losses.Length; step++)
        {
            watch.Add(Settled(step, losses[step - 1]));
            ended.Add(watch.EndOf(step, []));
        }

        Assert.Equal("|||||||train loss 0.4667 is below 0.5", string.Join('|', ended));
        Assert.Equal([5, 5, 5, 8, 8, 8, 11], Enumerable.Range(2, 7).Select(watch.NextCheck));
        Assert.Null(watch.NextCheck(0)); // the first phase ends by steps alone

        watch = Watch(new PhaseEndSpec { GradientNormBelow = 2.1 });
        foreach (int step in Enumerable.Range(1, Epoch))
            watch.Add(Settled(step, 1) with { GradientSquares = [100, step == 1 ? 1 : 5] });
        Assert.Equal("gradient norm 2 of output is below 2.1", watch.EndOf(Epoch, []));
        watch.Restore(watch.Window with { GradientSquares = [100, double.NaN] }); // frozen: nothing is known
        Assert.Null(watch.EndOf(Epoch, []));
    }

    [Fact]
    public void What_is_decided_once_is_not_decided_again()
    {
        PhaseWatch watch = Watch(new PhaseEndSpec { DevStalled = 1 }, new PhaseEndSpec { DevStalled = 1 });
        Assert.NotNull(watch.EndOf(8, Evaluations(0.5, 0.5)));
        watch.Take([new PlanChange(9, "", null, null, "dev stalled for 1", default) { BeginsPhase = 1 }]);
        Assert.Equal((0, 1), (watch.PhaseOf(8), watch.PhaseOf(9)));
        Assert.Null(watch.EndOf(8, Evaluations(0.5, 0.5)));
        Assert.Null(watch.EndOf(12, Evaluations(0.5, 0.5, 0.4)));
        Assert.NotNull(watch.EndOf(16, Evaluations(0.5, 0.5, 0.4, 0.4)));
    }

    private static EvaluationRecord[] Evaluations(params double[] accuracies) => [.. accuracies.Select((a, i) => new EvaluationRecord((i + 1) * Epoch, i, 1, Scores.OfAccuracy(a)))];

    private static SettledStep Settled(int step, double loss) => new(step, loss, 1, 0, 1, 1, default);

    private static PhaseWatch Watch(params PhaseEndSpec[] ends)
    {
        var job = new JobSpec
        {
            Name = "watched",
            Data = new PlainTextData { Files = ["none"] },
            Model = new BagSpec(),
            Phases = [.. ends.Select(end => new PhaseSpec { Until = end }), new PhaseSpec()],
        };
        return new PhaseWatch(FreezePlan.Resolve(job, Epoch, 100), ["embedding", "output"]);
    }
}
