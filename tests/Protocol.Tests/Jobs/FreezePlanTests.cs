using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class FreezePlanTests
{
    private static FreezePlan Plan(int stepsPerEpoch, int totalSteps, params string[] settings) =>
        FreezePlan.Resolve(JobTexts.CnnWith(settings), stepsPerEpoch, totalSteps);

    [Fact]
    public void Without_phases_every_group_is_tuned_from_the_first_step()
    {
        FreezePlan plan = Plan(10, 40);

        Assert.Equal(["embedding", "conv3", "conv4", "conv5", "output"], plan.Groups);
        Assert.All(plan.Groups, group => Assert.False(plan.Of(group).IsFrozen(1)));
    }

    [Fact]
    public void Phases_end_at_the_first_step_of_an_epoch_or_at_a_step_or_never()
    {
        FreezePlan plan = Plan(
            10, 40, "freeze=[{\"group\":\"embedding\",\"untilEpoch\":2,\"warmupSteps\":4},{\"group\":\"conv3\",\"untilStep\":7},{\"group\":\"conv4\"}]",
            "optimizers.embedding={\"kind\":\"sgd\",\"learningRate\":0.8}");

        Assert.Equal([21, 7, GroupTimeline.Never, 1, 1], plan.Groups.Select(group => plan.Of(group).FirstTunedStep));
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 0.8], new[] { 20, 21, 22, 23, 24, 25 }.Select(plan.Of("embedding").LearningRate), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(1, plan.Of("output").LearningRate(1));
    }

    [Fact]
    public void The_static_embedding_never_moves_and_needs_no_optimizer()
    {
        FreezePlan plan = Plan(
            10, 40, "model.channels=static", "optimizers.default=null", "optimizers.output={\"kind\":\"sgd\"}", "optimizers.conv3={\"kind\":\"sgd\"}",
            "model.windows=[3]");

        Assert.Equal(GroupTimeline.Never, plan.Of("embedding").FirstTunedStep);
        Assert.Equal(0, plan.Of("embedding").LearningRate(40));
    }

    [Fact]
    public void A_phase_that_ends_after_the_run_is_refused()
    {
        InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => Plan(
            10, 25, "training={\"epochs\":null,\"steps\":25}", "freeze=[{\"group\":\"conv3\"},{\"group\":\"embedding\",\"untilEpoch\":3}]")).Errors);

        Assert.Equal("freeze.1.untilEpoch", error.Where);
        Assert.Contains("is 3: group `embedding` would thaw at step 31, but the run ends with step 25.", error.What);
    }

    [Fact]
    public void An_unknown_group_is_an_error() => Assert.Throws<ArgumentException>(() => Plan(10, 40).Of("context"));

    [Fact]
    public void The_description_shows_the_phases_in_order_with_what_they_tune()
    {
        var zero = new RowInit.Zero();
        TableSpec[] tables =
        [
            new("embedding", "embedding", 1001, 300, zero, Dense: false) { PaddingRow = 0 },
            new("embedding.static", "embedding", 1001, 300, zero, Dense: false) { AlwaysFrozen = true },
            new("conv3.weight", "conv3", 100, 900, zero, Dense: true),
            new("conv3.bias", "conv3", 100, 1, zero, Dense: true),
            new("output.weight", "output", 6, 100, zero, Dense: true),
        ];
        FreezePlan plan = Plan(
            10, 40, "model={\"channels\":\"multichannel\",\"windows\":[3]}", "freeze=[{\"group\":\"embedding\",\"untilEpoch\":2,\"warmupSteps\":4},{\"group\":\"output\"}]");

        Assert.Equal(
            [
                "steps  epochs  tuned             frozen                                rows  parameters  warm-up",
                "1-20   1-2     conv3             embedding, output, embedding.static    200      90,100  -",
                "21-40  3-4     embedding, conv3  output, embedding.static             1,200     390,100  embedding 21-24",
            ],
            PhaseTable.Of(plan, tables));
    }

    [Fact]
    public void The_static_embedding_is_listed_once()
    {
        var zero = new RowInit.Zero();
        TableSpec[] tables = [new("embedding", "embedding", 1001, 300, zero, Dense: false) { AlwaysFrozen = true }, new("output.weight", "output", 6, 100, zero, Dense: true)];

        Assert.Equal(
            [
                "steps  epochs  tuned          frozen     rows  parameters  warm-up",
                "1-40   1-4     conv3, output  embedding     6         600  -",
            ],
            PhaseTable.Of(Plan(10, 40, "model={\"channels\":\"static\",\"windows\":[3]}"), tables));
    }
}
