using System.Text.Json;
using CsCheck;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Protocol.Tests.Measures;

public class ScoresTests
{
    [Fact]
    public void Json_keeps_names_order_and_bits()
    {
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 5].HashSet[1, 4], Gen.Double.Array[4]).Sample((names, values) =>
        {
            var scores = new Scores([.. names.Select((name, i) => KeyValuePair.Create(name, values[i]))]);
            var options = new JsonSerializerOptions { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
            Scores read = JsonSerializer.Deserialize<Scores>(JsonSerializer.Serialize(scores, options), options)!;
            Assert.Equal(scores.Values.Select(v => (v.Key, BitConverter.DoubleToInt64Bits(v.Value))), read.Values.Select(v => (v.Key, BitConverter.DoubleToInt64Bits(v.Value))));
            Assert.Equal((scores.MainName, scores.Main), (read.MainName, read.Main));
        });
        foreach (string garbled in (string[])["{}", "[]", "3", """{"f1":"x"}""", """{"f1":{}}"""])
            Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<Scores>(garbled));
    }

    [Fact]
    public void Shares_are_shown_in_percent_and_correlations_and_measures_of_other_models_are_not()
    {
        Assert.Equal("f1 12.35 %, precision 50.00 %, pearson 0.8412, perplexity 31.2500", new Scores(new("f1", 0.12345), new("precision", 0.5), new("pearson", 0.84123), new("perplexity", 31.25)).AllText());
        Assert.Equal("81.2 %", Scores.OfAccuracy(0.8123).MainText(1));
    }

    [Fact]
    public void Measures_are_made_of_added_sums()
    {
        Assert.Equal(Scores.OfAccuracy(0.75), MeasureSet.Accuracy.Of([3, 4]));
        Assert.Equal(Scores.OfAccuracy(0), MeasureSet.Accuracy.Of([0, 0]));
        Assert.Throws<ArgumentException>(() => MeasureSet.Accuracy.Of([1, 2, 3]));
    }
}
