using System.Reflection;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models.Contract;

namespace DistEmbed.Worker.Tests.Models.Contract;

/// <summary>Every kind of model meets every demand of the contract; what is peculiar to one is in its own tests.</summary>
public class ModelContractTests
{
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string subject in ModelContractSubjects.Of.Keys)
            {
                foreach (ModelContract demand in ModelContract.Demands)
                    all.Add(subject, demand.Name);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_model_meets_every_demand(string subject, string demand)
    {
        (ContractSubject tried, string[] notTried) = ModelContractSubjects.Of[subject];
        DemandResult result = ModelContract.Demands.Single(d => d.Name == demand).Try(tried);
        Assert.True(result.State == (notTried.Contains(demand) ? DemandState.NotTried : DemandState.Met), $"{result.State}: {result.Why}");
    }

    [Fact]
    public void Every_kind_of_model_is_tried_in_whole()
    {
        string[] kinds = [.. typeof(ModelSpec).GetCustomAttributes<JsonDerivedTypeAttribute>(inherit: false).Select(kind => (string)kind.TypeDiscriminator!)];
        foreach (string kind in kinds.Except(ModelContractSubjects.TriedElsewhere))
        {
            string[] slices = [.. ModelContractSubjects.Of.Where(s => s.Key.Split(':')[0] == kind && !s.Value.NotTried.Contains("slices")).Select(s => s.Key)];
            Assert.True(slices.Length > 0, $"no subject of {kind} draws no random numbers, so that its slices could be added up: add one to ModelContractSubjects");
        }
    }

    public static TheoryData<string, string> Flawed => new()
    {
        { nameof(Flaw.GradientOfOneRowIsTwice), "gradients" },
        { nameof(Flaw.GradientIsNotWritten), "written" },
        { nameof(Flaw.WritesBehindTheRows), "written" },
        { nameof(Flaw.PaddingIsPulled), "rows" },
        { nameof(Flaw.RowsAreNotInOrder), "rows" },
        { nameof(Flaw.FrozenEmbeddingChangesTheOutput), "frozen" },
        { nameof(Flaw.DividesByItsOwnExamples), "slices" },
        { nameof(Flaw.CountsCalls), "repeats" },
        { nameof(Flaw.PrepareCounts), "prepare" },
        { nameof(Flaw.LossOfNothing), "empty" },
        { nameof(Flaw.KeepsATensor), "tensors" },
        { nameof(Flaw.PredictsWithDropout), "predict" },
        { nameof(Flaw.SumsAreShares), "score" },
        { nameof(Flaw.TwoTablesOfAName), "tables" },
    };

    [Theory]
    [MemberData(nameof(Flawed))]
    public void A_flaw_breaks_the_demand_that_it_is_about(string flaw, string demand)
    {
        ExampleSet examples = TextCnnParameters.Examples((0, [2, 3, 4, 2, 5]), (1, []), (2, [7]), (1, [3, 0, 8, 1, 3]), (0, [0]), (2, [4, 4, 4, 8]));
        var subject = new ContractSubject(() => new FlawedModel(Enum.Parse<Flaw>(flaw)), examples);
        DemandResult result = ModelContract.Demands.Single(d => d.Name == demand).Try(subject);
        Assert.True(result.State == DemandState.Broken, $"{result.State}: {result.Why}");
        Assert.False(string.IsNullOrWhiteSpace(result.Why));
    }
}
