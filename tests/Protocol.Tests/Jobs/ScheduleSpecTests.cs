using CsCheck;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class ScheduleSpecTests
{
    [Fact]
    public void Constant_stays()
    {
        Assert.Equal([1, 1, 1], Factors(new ConstantSchedule(), 1, 50, 100));
    }

    [Fact]
    public void Linear_falls_from_one_to_the_floor()
    {
        Assert.Equal([1, 0.5, 0.01], Factors(new LinearSchedule(), 1, 51, 100));
        Assert.Equal([1, 0.5, 0.2], Factors(new LinearSchedule { Floor = 0.2 }, 1, 51, 100));
    }

    [Fact]
    public void Warmup_rises_and_then_stays_or_falls_towards_zero()
    {
        Assert.Equal([0.1, 0.9, 1, 1, 1], Factors(new WarmupSchedule { Steps = 10 }, 1, 9, 10, 11, 100));
        Assert.Equal([0.1, 0.9, 1, 90 / 91.0, 1 / 91.0], Factors(new WarmupSchedule { Steps = 10, ThenDecay = true }, 1, 9, 10, 11, 100));
    }

    [Fact]
    public void Slanted_triangle_is_the_papers_where_its_cut_is_whole()
    {
        // Equation 3 with T = 100, cut_frac = 0.1, ratio = 32.
        static double Paper(int t) => (1 + (t < 10 ? t / 10.0 : 1 - (t - 10) / (10 * (1 / 0.1 - 1))) * 31) / 32;
        int[] steps = [1, 5, 10, 11, 55, 100];
        foreach ((int step, double factor) in steps.Zip(Factors(new SlantedTriangleSchedule(), steps)))
            Assert.Equal(Paper(step), factor, 1e-12);
        Assert.Equal(1, new SlantedTriangleSchedule().Factor(10, 100));
    }

    [Fact]
    public void Slanted_triangle_ends_at_the_last_step_of_any_run()
    {
        Gen.Select(Gen.Int[2, 5000], Gen.Double[0.01, 0.9], Gen.Double[1, 100]).Sample((total, cut, ratio) =>
        {
            var schedule = new SlantedTriangleSchedule { CutFraction = cut, Ratio = ratio };
            Assert.Equal(1 / ratio, schedule.Factor(total, total), 1e-9);
            Assert.All(Enumerable.Range(1, total - 1), step => Assert.InRange(schedule.Factor(step, total), 1 / ratio - 1e-9, 1 + 1e-9));
        }, iter: 100);
    }

    [Fact]
    public void A_frozen_group_has_no_learning_rate_and_warms_up_after_its_thaw()
    {
        var spec = new SgdSpec { LearningRate = 0.5, Schedule = new LinearSchedule() };
        var timeline = new GroupTimeline("embedding", spec, totalSteps: 100, firstTunedStep: 51, warmupSteps: 4);
        Assert.True(timeline.IsFrozen(50));
        Assert.False(timeline.IsFrozen(51));
        Assert.Equal(0, timeline.LearningRate(50));
        Assert.Equal(0.5 * 0.50 / 4, timeline.LearningRate(51), 1e-12);
        Assert.Equal(0.5 * 0.48 * 3 / 4, timeline.LearningRate(53), 1e-12);
        Assert.Equal(0.5 * 0.47, timeline.LearningRate(54), 1e-12);
        Assert.Equal(0.5 * 0.01, timeline.LearningRate(100), 1e-12);
    }

    [Fact]
    public void A_group_can_be_frozen_for_the_whole_run()
    {
        var timeline = new GroupTimeline("embedding", new SgdSpec(), totalSteps: 100, GroupTimeline.Never, warmupSteps: 4);
        Assert.True(timeline.IsFrozen(100));
        Assert.Equal(0, timeline.LearningRate(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GroupTimeline("embedding", new SgdSpec(), 100, firstTunedStep: 0));
    }

    private static double[] Factors(ScheduleSpec schedule, params int[] steps) => [.. steps.Select(step => schedule.Factor(step, 100))];
}
