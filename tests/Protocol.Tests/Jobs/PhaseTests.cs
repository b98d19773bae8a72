using CsCheck;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class PhaseTests
{
    private static readonly TableSpec[] Tables =
    [
        new("embedding", "embedding", 1001, 300, new RowInit.Zero(), Dense: false) { PaddingRow = 0 },
        new("conv3.weight", "conv3", 100, 900, new RowInit.Zero(), Dense: true),
        new("conv4.weight", "conv4", 100, 1200, new RowInit.Zero(), Dense: true),
        new("output.weight", "output", 6, 200, new RowInit.Zero(), Dense: true),
    ];

    [Fact]
    public void Recipes_go_through_the_layers_of_recurrent_models_from_the_output_down()
    {
        Assert.Equal([["output"], ["lstm2"], ["lstm1"], ["embedding"]], new LstmSpec { Layers = 2 }.GroupsByLayer);
        Assert.Equal([["output", "crf"], ["lstm1", "case"], ["embedding"]], new TaggerSpec().GroupsByLayer);
        Assert.Equal([["output"], ["lstm1"], ["embedding"]], new TaggerSpec { Crf = false, CaseDimension = 0 }.GroupsByLayer);
        Assert.Equal([["output"], ["conv3", "conv4"], ["embedding"]], new TextCnnSpec { Windows = [3, 4] }.GroupsByLayer);
        Assert.All(new ModelSpec[] { new LstmSpec { Layers = 2 }, new TaggerSpec() }, model => Assert.Equal(model.Groups.Order(), model.GroupsByLayer.SelectMany(g => g).Order()));
        Assert.Equal(["output", "to lstm1", "all"], new GradualRecipe().Phases(new LstmSpec()).Select(phase => phase.Name));
    }

    [Fact]
    public void Recipes_are_phases_by_the_name_of_the_literature()
    {
        Assert.Equal(
            [
                "phase   steps  epochs  tuned                 frozen     rows  parameters  warm-up",
                "static  1-80   1-8     conv3, conv4, output  embedding   206     211,200  -",
            ],
            Table("static"));
        Assert.Equal(["non-static  1-80   1-8     embedding, conv3, conv4, output  -       1,206     511,200  -"], Table("non-static").Skip(1));
        Assert.Equal(
            [
                "freeze  1-20   1-2     conv3, conv4, output                 embedding    206     211,200  -",
                "tune    21-80  3-8     embedding x0.5, conv3, conv4, output  -          1,206     511,200  embedding 21-24",
            ],
            Table("freeze-then-tune", "recipe.epochs=2", "recipe.factor=0.5", "recipe.warmupSteps=4").Skip(1), Loosely);
        Assert.Equal(
            [
                "output 1-10 1 output embedding, conv3, conv4 6 1,200 -",
                "to conv3+conv4 11-20 2 conv3 x0.5, conv4 x0.5, output embedding 206 211,200 -",
                "all 21-80 3-8 embedding x0.25, conv3 x0.5, conv4 x0.5, output - 1,206 511,200 -",
            ],
            Table("gradual", "recipe.factor=0.5").Skip(1), Loosely);
        Assert.Equal(
            [
                "output 1-20 1-2 output embedding, conv3, conv4 6 1,200 -",
                "embedding alone 21-40 3-4 embedding x0.1 conv3, conv4, output 1,000 300,000 -",
                "conv3+conv4 alone 41-60 5-6 conv3 x0.1, conv4 x0.1 embedding, output 200 210,000 -",
                "output alone 61-80 7-8 output x0.1 embedding, conv3, conv4 6 1,200 -",
                "all 81-90 9 embedding x0.1, conv3 x0.1, conv4 x0.1, output x0.1 - 1,206 511,200 -",
            ],
            Table("chain-thaw", "training.epochs=9").Skip(1), Loosely);
        Assert.Equal(["discriminative 1-80 1-8 embedding x0.1479, conv3 x0.3846, conv4 x0.3846, output - 1,206 511,200 -"], Table("discriminative").Skip(1), Loosely);

        static string[] Table(string kind, params string[] settings)
        {
            JobSpec job = JobTexts.CnnWith([$"recipe={{\"kind\":\"{kind}\"}}", "model.windows=[3,4]", "training.epochs=8", .. settings]);
            return [.. PhaseTable.Of(FreezePlan.Resolve(job, 10, job.Training.Epochs!.Value * 10), Tables)];
        }
    }

    [Fact]
    public void What_shows_only_while_it_trains_is_told_so()
    {
        FreezePlan plan = Plan(
            """[{"name":"head","until":{"devStalled":2,"epoch":4},"rules":[{"group":"embedding","state":"frozen"}]},{"until":{"trainLossBelow":0.5}},{"rules":[{"group":"output","state":"frozen"}]}]""");
        Assert.Equal(
            [
                "phase  steps  epochs  tuned                            frozen     rows   parameters  warm-up  ends",
                "head   1-?    1-?     conv3, conv4, output             embedding    206     211,200  -        dev stalled for 2, step 40",
                "2      ?-?    ?-?     embedding, conv3, conv4, output  -          1,206     511,200  -        train loss below 0.5",
                "3      ?-80   ?-8     embedding, conv3, conv4          output     1,200     510,000  -        -",
            ],
            PhaseTable.Of(plan, Tables), Loosely);
        // Until somebody says that it has ended, only the steps that bound it count.
        Assert.Equal([1, 41, GroupTimeline.Never], plan.Times.Starts([]));
        Assert.Equal([1, 23, 31], plan.Times.Starts([Begins(31, 2), Begins(23, 1)]));
        Assert.Equal([1, 31, 31], plan.Times.Starts([Begins(31, 2)]));
    }

    [Fact]
    public void A_phase_ends_with_the_first_of_what_ends_it()
    {
        Assert.Equal(41, EndsAt("""{"step":40,"epoch":5}"""));
        Assert.Equal(41, EndsAt("""{"examples":1951}""")); // fifty a step
        Assert.Equal(21, EndsAt("""{"afterEpochs":2,"afterSteps":30}"""));

        static int EndsAt(string until) => Plan($$"""[{"until":{{until}}},{}]""").Times.Starts([])[1];
    }

    [Fact]
    public void A_group_does_what_the_phase_says_and_a_later_rule_wins()
    {
        GroupTimeline embedding = Plan(
            """
            [{"until":{"step":10},"rules":[{"group":"embedding"},{"group":"embedding","state":"frozen"}]},
             {"until":{"step":20},"rules":[{"group":"embedding","factor":0.5,"warmupSteps":2}]},
             {"until":{"step":30},"rules":[{"group":"embedding","factor":0.25}]},
             {"until":{"step":40},"rules":[{"group":"embedding","state":"frozen"}]},
             {"rules":[{"group":"embedding","warmup":"slanted-triangle"}]}]
            """,
            "optimizers.embedding={\"kind\":\"sgd\",\"learningRate\":0.8}").Of("embedding");
        Assert.Equal([0, 0.2, 0.4, 0.4, 0.2, 0.2, 0, 0], new[] { 10, 11, 12, 20, 21, 30, 31, 40 }.Select(embedding.LearningRate), (a, b) => Math.Abs(a - b) < 1e-12);
        // Forty steps are left: four rise, then it falls to 1/32.
        Assert.Equal([0.8, 0.8 / 32], new[] { 44, 80 }.Select(embedding.LearningRate), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.InRange(embedding.LearningRate(41), 0, Math.BitDecrement(embedding.LearningRate(42)));
        Assert.InRange(embedding.LearningRate(45), 0, Math.BitDecrement(0.8));
        // Optimizer state begins anew where it had been used before.
        Assert.Equal([0, 0, 41, 41], new[] { 11, 40, 41, 80 }.Select(embedding.FreshFrom));
        Assert.Equal([0, 20, 20, 21], new[] { 10, 30, 40, 41 }.Select(embedding.TunedSteps));
    }

    [Fact]
    public void Who_freezes_a_group_by_hand_is_not_overruled_by_a_phase_also_when_its_learning_rate_is_changed_after()
    {
        GroupTimeline embedding = Plan("""[{"until":{"step":20}},{"rules":[{"group":"embedding","factor":0.5}]}]""").Of("embedding");
        embedding.Make(new PlanChange(5, "embedding", true, null, "ana", DateTimeOffset.UnixEpoch));
        embedding.Make(new PlanChange(10, "embedding", null, 0.25, "ana", DateTimeOffset.UnixEpoch));
        Assert.Equal([false, true, true, true, true], new[] { 4, 5, 10, 21, 80 }.Select(embedding.IsFrozen));
        Assert.Equal(GroupTimeline.Never, embedding.NextTunedStep(5));
        Assert.Equal(0.25, embedding.BaseLearningRate(21));
    }

    [Fact]
    public void State_is_kept_where_the_job_says_so() => Assert.Equal(
        0,
        Plan("""[{"until":{"step":10}},{"until":{"step":20},"rules":[{"group":"embedding","state":"frozen"}]},{}]""", "thaw=kept").Of("embedding").FreshFrom(30));

    [Fact]
    public void A_phase_that_somebody_begins_changes_every_group_and_the_steps_that_follow()
    {
        FreezePlan plan = Plan("""[{"until":{"step":50},"rules":[{"group":"embedding","state":"frozen"},{"group":"conv3","factor":0.5}]},{"until":{"afterSteps":5}},{"rules":[{"group":"conv4","state":"frozen"}]}]""");
        foreach (string group in plan.Groups)
            plan.Of(group).Make(Begins(21, 1));
        Assert.Equal([true, false], new[] { 20, 21 }.Select(plan.Of("embedding").IsFrozen));
        Assert.Equal([0.5, 1], new[] { 20, 21 }.Select(plan.Of("conv3").LearningRate));
        Assert.Equal([false, true], new[] { 25, 26 }.Select(plan.Of("conv4").IsFrozen));
        Assert.Equal([0, 1, 1, 2], new[] { 20, 21, 25, 26 }.Select(step => plan.PhaseOf(step, [Begins(21, 1)])));
    }

    [Fact]
    public void Starts_are_what_going_through_the_steps_one_by_one_gives() =>
        Gen.Select(Gen.Select(Gen.Int[0, 30], Gen.Int[0, 15]).Array[1, 5], Gen.Select(Gen.Int[1, 40], Gen.Int[1, 5]).Array[0, 4]).Sample((ends, begun) =>
        {
            PhaseEnd[] phases = [.. ends.Select(e => new PhaseEnd(e.Item1 == 0 ? null : e.Item1, e.Item2 == 0 ? null : e.Item2))];
            PlanChange[] changes = [.. begun.Select(b => Begins(b.Item1, b.Item2))];
            int[] starts = new PhaseTimes(phases).Starts(changes);
            int phase = 0, start = 1;
            for (int step = 1; step <= 60; step++)
            {
                // Ends that have come, several at one step where phases have no step; then whoever says so.
                while (phase < phases.Length - 1 && (phases[phase].LastStep < step || step - start >= phases[phase].Length
                    || changes.Any(c => c.Step <= step && c.BeginsPhase > phase && c.BeginsPhase < phases.Length)))
                {
                    phase++;
                    start = step;
                }

                Assert.Equal(phase, PhaseTimes.IndexOf(starts, step));
            }
        });

    [Fact]
    public void Groups_frozen_at_first_are_phases_too()
    {
        FreezePlan plan = FreezePlan.Resolve(JobTexts.CnnWith("freeze=[{\"group\":\"embedding\",\"untilEpoch\":2,\"warmupSteps\":4},{\"group\":\"conv3\",\"untilStep\":7},{\"group\":\"conv4\"}]"), 10, 40);
        Assert.False(plan.IsNamed);
        Assert.Equal([1, 7, 21], plan.Times.Starts([]));
    }

    [Theory]
    [InlineData("phases=[{}]", "recipe={\"kind\":\"static\"}", "recipe", "is given beside phases.")]
    [InlineData("phases=[{},{}]", "seed=1", "phases.0.until", "is required: only the last phase holds until the run ends.")]
    [InlineData("phases=[{\"until\":{\"step\":3}}]", "seed=1", "phases.0.until", "is given for the last phase")]
    [InlineData("phases=[{\"until\":{}},{}]", "seed=1", "phases.0.until", "says nothing that ends the phase.")]
    [InlineData("phases=[{\"until\":{\"step\":0}},{}]", "seed=1", "phases.0.until.step", "must be at least 1, found 0.")]
    [InlineData("phases=[{\"until\":{\"step\":3,\"checkEverySteps\":2}},{}]", "seed=1", "phases.0.until.checkEverySteps", "means nothing without")]
    [InlineData("phases=[{\"until\":{\"gradientNormBelow\":1,\"gradientOf\":\"outptu\"}},{}]", "seed=1", "phases.0.until.gradientOf", "has no group `outptu`.")]
    [InlineData("phases=[{\"rules\":[{\"group\":\"embeding\"}]}]", "seed=1", "phases.0.rules.0.group", "has no group `embeding`.")]
    [InlineData("phases=[{\"rules\":[{\"group\":\"embedding\",\"factor\":0}]}]", "seed=1", "phases.0.rules.0.factor", "must be above 0")]
    [InlineData("phases=[{\"rules\":[{\"group\":\"embedding\",\"state\":\"frozen\",\"factor\":0.5}]}]", "seed=1", "phases.0.rules.0.factor", "a frozen group has no learning rate.")]
    [InlineData("phases=[{\"name\":\"a\",\"until\":{\"step\":3}},{\"name\":\"a\"}]", "seed=1", "phases.1", "a is given twice.")]
    [InlineData("recipe={\"kind\":\"gradual\",\"epochs\":0}", "seed=1", "recipe.epochs", "must be at least 1, found 0.")]
    [InlineData("recipe={\"kind\":\"gradual\"}", "model.channels=static", "recipe", "channels static freezes it for the whole run.")]
    [InlineData("recipe={\"kind\":\"chain-thaw\",\"devStalled\":1}", "data.devFraction=0", "recipe.devStalled", "needs a dev part")]
    [InlineData("phases=[{\"rules\":[{\"group\":\"embedding\",\"state\":\"frozen\"},{\"group\":\"conv3\",\"state\":\"frozen\"},{\"group\":\"output\",\"state\":\"frozen\"}]}]", "model.windows=[3]", "freeze", "nothing is left to train")]
    public void What_makes_no_sense_is_refused(string setting, string other, string where, string what)
    {
        IReadOnlyList<InputError> errors = JobTexts.Errors(JobTexts.Cnn, setting, other);
        Assert.Contains(errors, e => e.Where.EndsWith(where, StringComparison.Ordinal) && e.What.Contains(what, StringComparison.Ordinal));
    }

    [Fact]
    public void Phases_that_do_not_fit_the_steps_are_refused()
    {
        Assert.Equal(
            ("phases.1.until", "phase `2` would begin with step 21, but end with step 15."),
            Refused("phases=[{\"until\":{\"step\":20}},{\"until\":{\"step\":15}},{}]"));
        Assert.Equal(
            ("recipe", "phase `freeze` would end with step 80, but the run ends with step 80: what follows it would never begin."),
            Refused("recipe={\"kind\":\"freeze-then-tune\",\"epochs\":8}"));

        static (string, string) Refused(string setting)
        {
            InputError error = Assert.Single(Assert.Throws<InvalidInputException>(() => FreezePlan.Resolve(JobTexts.CnnWith(setting), 10, 80)).Errors);
            return (error.Where, error.What);
        }
    }

    private static PlanChange Begins(int step, int phase) => new(step, "", null, null, "ana", DateTimeOffset.UnixEpoch) { BeginsPhase = phase };

    private static FreezePlan Plan(string phases, params string[] settings) =>
        FreezePlan.Resolve(JobTexts.CnnWith([$"phases={phases}", "model.windows=[3,4]", "training.epochs=8", .. settings]), 10, 80);

    private static bool Loosely(string expected, string actual) => string.Join(' ', expected.Split(' ', StringSplitOptions.RemoveEmptyEntries)) == string.Join(' ', actual.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
