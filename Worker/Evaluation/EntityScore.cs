using DistEmbed.Protocol.Measures;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// Entities counted by the rules of conlleval (Tjong Kim Sang and De Meulder, CoNLL 2003): one is found if its type and both its ends agree. An I that goes on with nothing of its type begins
/// an entity there.
/// </summary>
public static class EntityScore
{
    private const int Sums = 5;

    /// <summary>F1, precision and recall of entities, and the share of tokens whose tag is right. Sums: entities found, predicted, there; tokens right, all.</summary>
    public static MeasureSet Measures { get; } = new(
        ["f1", "precision", "recall", "tokenAccuracy"], Sums,
        sums => [Share(2 * sums[0], sums[1] + sums[2]), Share(sums[0], sums[1]), Share(sums[0], sums[2]), Share(sums[3], sums[4])]);

    /// <summary>Adds a sentence to the sums of <see cref="Measures"/>.</summary>
    public static void Add(double[] sums, ReadOnlySpan<int> gold, ReadOnlySpan<int> predicted)
    {
        HashSet<Entity> there = [.. EntitiesOf(gold)], found = [.. EntitiesOf(predicted)];
        sums[1] += found.Count;
        sums[2] += there.Count;
        found.IntersectWith(there);
        sums[0] += found.Count;
        for (int word = 0; word < gold.Length; word++)
            sums[3] += gold[word] == predicted[word] ? 1 : 0;
        sums[4] += gold.Length;
    }

    /// <summary>Adds a sentence to the counts of each type.</summary>
    public static void AddByType(ClassScore[] types, ReadOnlySpan<int> gold, ReadOnlySpan<int> predicted)
    {
        HashSet<Entity> there = [.. EntitiesOf(gold)];
        foreach (Entity entity in there)
            types[entity.Type] = types[entity.Type] with { Support = types[entity.Type].Support + 1 };
        foreach (Entity entity in EntitiesOf(predicted))
        {
            ClassScore score = types[entity.Type];
            types[entity.Type] = score with { Predicted = score.Predicted + 1, Right = score.Right + (there.Contains(entity) ? 1 : 0) };
        }
    }

    /// <summary>The entities of a sentence's tags, in order.</summary>
    public static IReadOnlyList<Entity> EntitiesOf(ReadOnlySpan<int> tags)
    {
        var entities = new List<Entity>();
        for (int word = 0; word < tags.Length; word++)
        {
            int type = EntityTags.TypeOf(tags[word]);
            if (type < 0)
                continue;
            bool goesOn = EntityTags.IsInside(tags[word]) && word > 0 && EntityTags.TypeOf(tags[word - 1]) == type;
            if (goesOn)
                entities[^1] = entities[^1] with { End = word + 1 };
            else
                entities.Add(new Entity(type, word, word + 1));
        }

        return entities;
    }

    private static double Share(double part, double all) => all > 0 ? part / all : 0;
}

/// <summary>An entity of a sentence.</summary>
/// <param name="Type">Number of its type.</param>
/// <param name="Start">Its first word.</param>
/// <param name="End">The word behind its last.</param>
public readonly record struct Entity(int Type, int Start, int End);
