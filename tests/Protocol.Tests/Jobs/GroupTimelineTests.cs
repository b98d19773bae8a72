using CsCheck;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class GroupTimelineTests
{
    private const int Steps = 30;

    private static readonly SgdSpec Sgd = new() { LearningRate = 0.1, Schedule = new WarmupSchedule { Steps = 10, ThenDecay = true } };

    [Fact]
    public void A_change_counts_from_its_step_and_the_rise_begins_again_with_every_thaw()
    {
        var timeline = new GroupTimeline("g", new SgdSpec { LearningRate = 0.1 }, Steps, firstTunedStep: 5, warmupSteps: 2);
        timeline.Make(Change(10, frozen: true));
        timeline.Make(Change(12, rate: 0.4));
        timeline.Make(Change(14, frozen: false));
        Assert.Equal([0, 0.05, 0.1, 0.1, 0, 0, 0.2, 0.4], new[] { 4, 5, 6, 9, 10, 13, 14, 15 }.Select(timeline.LearningRate));
        Assert.Equal([0.1, 0.4], new[] { 11, 12 }.Select(timeline.BaseLearningRate));
    }

    [Fact]
    public void A_change_wins_over_the_jobs_thaw()
    {
        var kept = new GroupTimeline("g", Sgd, Steps, firstTunedStep: 10);
        kept.Make(Change(3, frozen: true));
        Assert.Equal(GroupTimeline.Never, kept.NextTunedStep(1));
        var earlier = new GroupTimeline("g", Sgd, Steps, firstTunedStep: 10);
        earlier.Make(Change(3, frozen: false));
        Assert.Equal((3, 3), (earlier.NextTunedStep(1), earlier.TunedSteps(5)));
        var never = new GroupTimeline("g", Sgd, Steps, GroupTimeline.Never);
        never.Make(Change(3, frozen: false));
        Assert.True(never.IsFrozen(3));
        var other = new GroupTimeline("h", Sgd, Steps);
        other.Make(Change(3, frozen: true));
        Assert.False(other.IsFrozen(3));
    }

    [Fact]
    public void Counts_agree_with_the_steps_one_by_one_in_whatever_order_changes_come() =>
        Gen.Select(Gen.Int[1, Steps], Gen.Select(Gen.Int[1, Steps], Gen.Int[0, 2], Gen.Double[0.01, 1]).Array[0, 6]).Sample((first, drawn) =>
        {
            PlanChange[] changes = [.. drawn.DistinctBy(d => d.Item1).Select(d => Change(d.Item1, d.Item2 == 2 ? null : d.Item2 == 1, d.Item3))];
            GroupTimeline timeline = Timeline(changes), reversed = Timeline(changes.Reverse().Concat(changes));
            bool frozen = first > 1, byChange = false;
            double rate = Sgd.LearningRate;
            int tuned = 0;
            for (int step = 1; step <= Steps; step++)
            {
                PlanChange? change = changes.FirstOrDefault(c => c.Step == step);
                byChange |= change?.Frozen is not null;
                frozen = change?.Frozen ?? (frozen && (byChange || step != first));
                rate = change?.LearningRate ?? rate;
                tuned += frozen ? 0 : 1;
                Assert.Equal((frozen, tuned, frozen ? 0 : rate * Sgd.Schedule.Factor(step, Steps)), (timeline.IsFrozen(step), timeline.TunedSteps(step), timeline.LearningRate(step)));
                Assert.Equal(timeline.LearningRate(step), reversed.LearningRate(step));
                int next = Enumerable.Range(step, Steps + 1 - step).FirstOrDefault(s => !timeline.IsFrozen(s), GroupTimeline.Never);
                Assert.Equal(next, timeline.NextTunedStep(step));
            }

            GroupTimeline Timeline(IEnumerable<PlanChange> made)
            {
                var timeline = new GroupTimeline("g", Sgd, Steps, first);
                foreach (PlanChange change in made)
                    timeline.Make(change);
                return timeline;
            }
        });

    private static PlanChange Change(int step, bool? frozen = null, double? rate = null) => new(step, "g", frozen, rate, "ana", DateTimeOffset.UnixEpoch);
}
