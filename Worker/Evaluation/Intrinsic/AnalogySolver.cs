using System.Runtime.Intrinsics;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Evaluation.Intrinsic;

/// <summary>A question by the places of its words.</summary>
/// <param name="A">Is to <paramref name="B"/>.</param>
/// <param name="B">What belongs to <paramref name="A"/>.</param>
/// <param name="C">Is to the answer.</param>
/// <param name="Excluded">Places that are no answer.</param>
internal readonly record struct PlacedQuestion(int A, int B, int C, int[] Excluded);

/// <summary>
/// Answers analogies by 3CosAdd or 3CosMul. Both are made of the cosines of a question's three words with every word, and a set has few distinct words (905 in word2vec's
/// 19,544 questions): their cosines are computed once, block of words by block, and each question combines three rows of them (as Levy and Goldberg 2014 describe).
/// </summary>
internal static class AnalogySolver
{
    private const float Epsilon = 0.000001f;
    private const int NoAnswer = -1;

    /// <summary>The place of each question's answer; of equally good ones the more frequent word. -1: every word is excluded.</summary>
    /// <param name="words">The vectors.</param>
    /// <param name="count">Only so many of the first words are answers.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="method">How they are answered.</param>
    /// <param name="threads">Threads that compute, at least 1. Changes no answer.</param>
    public static int[] Answer(WordDirections words, int count, IReadOnlyList<PlacedQuestion> questions, AnalogyMethod method, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        int[] asked = [.. questions.SelectMany(q => (int[])[q.A, q.B, q.C]).Distinct().Order()];
        var rows = asked.Select((place, row) => (place, row)).ToDictionary(a => a.place, a => a.row);
        Rows[] placed = [.. questions.Select(q => new Rows(rows[q.A], rows[q.B], rows[q.C], q.Excluded))];
        int blocks = (count + WordDirections.BlockWords - 1) / WordDirections.BlockWords;
        int parts = Math.Clamp(threads, 1, Math.Max(1, blocks));
        var shared = new CosineTile(words, asked);
        var best = new Best[parts][];
        void Search(int part) =>
            best[part] = SearchBlocks(words, count, placed, method, part == 0 ? shared : new CosineTile(shared), (int)((long)blocks * part / parts), (int)((long)blocks * (part + 1) / parts));

        if (parts == 1)
            Search(0);
        else
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = parts }, Search);
        // Parts are in the order of words, so of equal scores the first part's is the more frequent word.
        return [.. Enumerable.Range(0, questions.Count).Select(q => best.Select(part => part[q]).Aggregate((one, other) => other.Score > one.Score ? other : one).Word)];
    }

    private static Best[] SearchBlocks(WordDirections words, int count, Rows[] questions, AnalogyMethod method, CosineTile tile, int from, int to)
    {
        var best = new Best[questions.Length];
        Array.Fill(best, new Best(float.NegativeInfinity, NoAnswer));
        Span<float> scores = stackalloc float[WordDirections.BlockWords];
        for (int block = from; block < to; block++)
        {
            int first = block * WordDirections.BlockWords, here = Math.Min(WordDirections.BlockWords, count - first);
            tile.Compute(words.Block(block));
            for (int q = 0; q < questions.Length; q++)
            {
                Rows question = questions[q];
                if (method == AnalogyMethod.Add)
                    Add(tile[question.A], tile[question.B], tile[question.C], scores);
                else
                    Multiply(tile[question.A], tile[question.B], tile[question.C], scores);
                scores[here..].Fill(float.NegativeInfinity);
                foreach (int excluded in question.Excluded)
                {
                    if (excluded >= first && excluded < first + here)
                        scores[excluded - first] = float.NegativeInfinity;
                }

                float largest = Largest(scores);
                if (largest > best[q].Score)
                    best[q] = new Best(largest, first + scores.IndexOf(largest));
            }
        }

        return best;
    }

    private static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> scores)
    {
        for (int i = 0; i < scores.Length; i += Vector256<float>.Count)
            (Vector256.Create(b[i..]) - Vector256.Create(a[i..]) + Vector256.Create(c[i..])).CopyTo(scores[i..]);
    }

    private static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> scores)
    {
        Vector256<float> one = Vector256.Create(1f), half = Vector256.Create(0.5f), epsilon = Vector256.Create(Epsilon);
        for (int i = 0; i < scores.Length; i += Vector256<float>.Count)
        {
            Vector256<float> with = (Vector256.Create(b[i..]) + one) * half * ((Vector256.Create(c[i..]) + one) * half);
            (with / (((Vector256.Create(a[i..]) + one) * half) + epsilon)).CopyTo(scores[i..]);
        }
    }

    private static float Largest(ReadOnlySpan<float> scores)
    {
        Vector256<float> largest = Vector256.Create(scores);
        for (int i = Vector256<float>.Count; i < scores.Length; i += Vector256<float>.Count)
            largest = Vector256.Max(largest, Vector256.Create(scores[i..]));
        float all = largest[0];
        for (int i = 1; i < Vector256<float>.Count; i++)
            all = Math.Max(all, largest[i]);
        return all;
    }

    /// <summary>A question by the rows of its words in a <see cref="CosineTile"/>.</summary>
    private readonly record struct Rows(int A, int B, int C, int[] Excluded);

    private readonly record struct Best(float Score, int Word);
}
