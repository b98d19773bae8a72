using DistEmbed.Coordinator.Local;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Testing;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>Phases of training in real runs: what they freeze keeps every bit, what they tune moves, and their ends do not depend on who computes.</summary>
public class PhaseRunTests
{
    private const int Epoch = 7, Steps = 4 * Epoch;

    public static TheoryData<string> Schedules => [.. s_schedules.Keys];

    private static readonly PhaseSpec Rest = new() { Name = "rest", Rules = [Frozen("conv2"), new PhaseRuleSpec { Group = "output", Factor = 0.5 }] };

    private static readonly Dictionary<string, Func<JobSpec, JobSpec>> s_schedules = new()
    {
        ["static"] = job => job with { Recipe = new StaticRecipe() },
        ["non-static"] = job => job with { Recipe = new NonStaticRecipe() },
        ["freeze-then-tune"] = job => job with { Recipe = new FreezeThenTuneRecipe { Epochs = 2, WarmupSteps = 3, Warmup = WarmupShape.SlantedTriangle } },
        ["freeze-then-tune, dev stalled"] = job => job with { Recipe = new FreezeThenTuneRecipe { Epochs = 3, DevStalled = 1 } },
        ["gradual"] = job => job with { Recipe = new GradualRecipe { Factor = 0.4, WarmupSteps = 2 } },
        ["chain-thaw"] = job => job with { Recipe = new ChainThawRecipe { Epochs = 1, DevStalled = 2 }, Training = job.Training with { Steps = 5 * Epoch } },
        ["discriminative"] = job => job with { Recipe = new DiscriminativeRecipe() },
        ["loss"] = job => job with { Phases = [new PhaseSpec { Rules = [Frozen("embedding")], Until = new PhaseEndSpec { TrainLossBelow = 1.05, CheckEverySteps = 3 } }, Rest] },
        ["gradient norm"] = job => job with { Phases = [new PhaseSpec { Rules = [Frozen("embedding")], Until = new PhaseEndSpec { GradientNormBelow = 0.25, CheckEverySteps = 2 } }, Rest] },
        ["examples"] = job => job with { Phases = [new PhaseSpec { Rules = [Frozen("embedding")], Until = new PhaseEndSpec { Examples = 100 } }, Rest] },
        // Frozen, tuned and frozen again, then with fresh state.
        ["to and fro"] = job => job with
        {
            Phases =
            [
                new PhaseSpec { Rules = [Frozen("embedding")], Until = new PhaseEndSpec { Step = 3 } }, new PhaseSpec { Until = new PhaseEndSpec { AfterSteps = 6 } },
                new PhaseSpec { Rules = [Frozen("embedding"), Frozen("conv3")], Until = new PhaseEndSpec { AfterEpochs = 1 } }, new PhaseSpec { Rules = [Frozen("output")] },
            ],
        },
    };

    [Theory]
    [MemberData(nameof(Schedules))]
    public async Task What_is_frozen_keeps_every_bit_and_the_rest_moves_whoever_computes_and_wherever_it_goes_on(string name)
    {
        PreparedStage stage = Prepare(name);
        using var folder = new TempFolder();
        RunOutcome outcome = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 1, 1), folder.Checkpoints);

        // A checkpoint a step: the hash of a table tells whether the step changed a bit of it.
        CheckpointManifest[] after = [.. folder.Checkpoints.List().Select(c => c.ReadManifest()).OrderBy(m => m.Step)];
        Assert.Equal(outcome.Step, after.Length);
        FreezePlan freeze = stage.Freeze;
        var frozenSteps = new HashSet<(string, bool)>();
        foreach ((CheckpointManifest before, CheckpointManifest now) in after.Zip(after.Skip(1)))
        {
            int phase = freeze.PhaseOf(now.Step, outcome.State.Changes);
            foreach (TablePlan table in LocalRun.PlanOf(stage, 1, 1).Tables)
            {
                bool frozen = freeze.RuleOf(phase, table.Spec.Group, 0).Frozen;
                frozenSteps.Add((table.Spec.Name, frozen));
                Assert.True(frozen == (before.TableHashes[table.Spec.Name] == now.TableHashes[table.Spec.Name]), $"step {now.Step}: {table.Spec.Name} is {(frozen ? "frozen" : "tuned")} in phase {phase}");
            }
        }

        int[] starts = freeze.Times.Starts(outcome.State.Changes);
        Assert.All(starts, start => Assert.InRange(start, 1, outcome.Step)); // every phase was trained
        Assert.Equal(freeze.Phases.Count > 1, frozenSteps.GroupBy(f => f.Item1).Any(g => g.Count() == 2));

        string hash = TableHash.Of(outcome.TableHashes);
        using var other = new TempFolder();
        RunOutcome spread = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 3, 2), other.Checkpoints);
        Assert.Equal((hash, string.Join(' ', starts)), (TableHash.Of(spread.TableHashes), string.Join(' ', freeze.Times.Starts(spread.State.Changes))));
        int[] around = [.. starts.Skip(1).SelectMany(s => new[] { s - 2, s - 1 }).Where(s => s > 0).Distinct()];
        foreach (int step in TestScope.Of(around, [.. around.TakeLast(1)]))
        {
            RunOutcome resumed = await LocalRun.Run(stage, LocalRun.PlanOf(stage, 2, 2, after[step - 1]), folder.Checkpoints);
            Assert.True(hash == TableHash.Of(resumed.TableHashes), $"resumed after step {step}");
            Assert.Equal(starts, freeze.Times.Starts(resumed.State.Changes));
            Assert.Equal((outcome.State.Window?.Steps, outcome.State.Window?.LossSum), (resumed.State.Window?.Steps, resumed.State.Window?.LossSum)); // what was measured before is not forgotten
        }
    }

    private static PhaseRuleSpec Frozen(string group) => new() { Group = group, State = RuleState.Frozen };

    private static PreparedStage Prepare(string name)
    {
        JobSpec job = Toy.Job(Toy.Cnn, dev: "mislabelled.txt");
        return Toy.Prepare(s_schedules[name](job with
        {
            Training = job.Training with { Steps = Steps },
            Evaluation = job.Evaluation with { KeepBest = false },
            Checkpoints = new CheckpointSpec { EverySteps = 1, Keep = 100 },
        }));
    }
}
