using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Models;

/// <summary>
/// A linear-chain CRF (Lafferty, McCallum and Pereira, ICML 2001) over the tags of a sentence: the score of a sequence is the sum of its words' scores, of the
/// transitions between tags, and of its first and last tag. Sequences in which an entity goes on that has not begun (<see cref="EntityTags.MayFollow"/>) have no
/// part in it. Sums over sequences are the forward-backward algorithm in scaled probabilities (Rabiner 1989, section V.A), in double precision. Exponential and
/// logarithm are made of additions, multiplications and divisions, so that the bits are those of every platform.
/// </summary>
public sealed class TagChain
{
    // e^-690 is the smallest that a double holds with all its digits.
    private const double Least = -690;

    private readonly int _tags;
    private readonly double[] _scores;
    private readonly double[] _factors;
    private readonly double[] _first;
    private readonly double[] _last;
    private readonly double[] _firstFactors;
    private readonly double[] _lastFactors;
    private readonly double _logOfFactors;
    private readonly double _logOfTransition;
    private double[] _alpha = [];
    private double[] _words = [];
    private double[] _scales = [];
    private double _endSum;

    private TagChain(int tags, double[] scores, double[] first, double[] last)
    {
        (_tags, _scores, _first, _last) = (tags, scores, first, last);
        (_factors, _logOfTransition) = Factors(scores);
        (_firstFactors, double logOfFirst) = Factors(first);
        (_lastFactors, double logOfLast) = Factors(last);
        _logOfFactors = logOfFirst + logOfLast;
    }

    /// <summary>A chain with the constraints.</summary>
    /// <param name="tags">Number of tags.</param>
    /// <param name="transitions">Score of a transition, [from x to].</param>
    /// <param name="ends">Scores of the first tag, then of the last, [2 x tags].</param>
    public static TagChain Constrained(int tags, ReadOnlySpan<float> transitions, ReadOnlySpan<float> ends)
    {
        var scores = new double[tags * tags];
        double[] first = new double[tags], last = new double[tags];
        for (int to = 0; to < tags; to++)
        {
            for (int from = 0; from < tags; from++)
                scores[(from * tags) + to] = EntityTags.MayFollow(from, to) ? transitions[(from * tags) + to] : double.NegativeInfinity;
            first[to] = EntityTags.MayFollow(null, to) ? ends[to] : double.NegativeInfinity;
            last[to] = ends[tags + to];
        }

        return new TagChain(tags, scores, first, last);
    }

    /// <summary>A chain without transitions or constraints: each word's softmax by itself.</summary>
    public static TagChain Unconstrained(int tags) => new(tags, new double[tags * tags], new double[tags], new double[tags]);

    /// <summary>-log p(tags) of a sentence, of one word or more. Where <paramref name="wordGradient"/> is given, gradients times <paramref name="share"/> are computed too.</summary>
    /// <param name="words">Scores of the words' tags, [words x tags].</param>
    /// <param name="gold">The tags; one of them where the constraints allow no such sequence makes the loss infinite.</param>
    /// <param name="share">What the gradient is multiplied by.</param>
    /// <param name="wordGradient">Takes the gradient of <paramref name="words"/>; empty: none is computed.</param>
    /// <param name="transitionGradient">Gradient of the transitions, added to; empty: it is not wanted.</param>
    /// <param name="endGradient">Gradient of the ends, added to; empty: it is not wanted.</param>
    public double Loss(
        ReadOnlySpan<float> words, ReadOnlySpan<int> gold, double share, Span<float> wordGradient, Span<double> transitionGradient, Span<double> endGradient)
    {
        int length = gold.Length;
        double logOfAll = Forward(words, length);
        double score = _first[gold[0]] + _last[gold[^1]];
        for (int word = 0; word < length; word++)
            score += words[(word * _tags) + gold[word]] + (word == 0 ? 0 : _scores[(gold[word - 1] * _tags) + gold[word]]);
        if (!wordGradient.IsEmpty)
            Backward(gold, share, wordGradient, transitionGradient, endGradient);
        return logOfAll - score;
    }

    /// <summary>The sequence of the highest score (Viterbi 1967); of equal ones that with the lower tags at the end.</summary>
    /// <param name="words">Scores of the words' tags, [words x tags].</param>
    /// <param name="best">Takes a tag a word.</param>
    public void Decode(ReadOnlySpan<float> words, Span<int> best)
    {
        if (best.IsEmpty)
            return;
        int length = best.Length;
        double[] scores = new double[_tags], next = new double[_tags];
        var from = new int[length * _tags];
        for (int tag = 0; tag < _tags; tag++)
            scores[tag] = _first[tag] + words[tag];
        for (int word = 1; word < length; word++)
        {
            for (int tag = 0; tag < _tags; tag++)
            {
                int highest = 0;
                for (int before = 1; before < _tags; before++)
                {
                    if (scores[before] + _scores[(before * _tags) + tag] > scores[highest] + _scores[(highest * _tags) + tag])
                        highest = before;
                }

                from[(word * _tags) + tag] = highest;
                next[tag] = scores[highest] + _scores[(highest * _tags) + tag] + words[(word * _tags) + tag];
            }

            (scores, next) = (next, scores);
        }

        int last = 0;
        for (int tag = 1; tag < _tags; tag++)
        {
            if (scores[tag] + _last[tag] > scores[last] + _last[last])
                last = tag;
        }

        for (int word = length - 1; word >= 0; word--)
        {
            best[word] = last;
            last = from[(word * _tags) + last];
        }
    }

    /// <summary>Logarithm of the sum over all sequences. Keeps each word's scaled probabilities.</summary>
    private double Forward(ReadOnlySpan<float> words, int length)
    {
        if (_scales.Length < length)
            (_alpha, _words, _scales) = (new double[length * _tags], new double[length * _tags], new double[length]);
        double log = _logOfFactors + ((length - 1) * _logOfTransition);
        for (int word = 0; word < length; word++)
        {
            Span<double> alpha = _alpha.AsSpan(word * _tags, _tags), factors = _words.AsSpan(word * _tags, _tags);
            log += WordFactors(words.Slice(word * _tags, _tags), factors);
            double sum = 0;
            for (int tag = 0; tag < _tags; tag++)
            {
                double before = 0;
                if (word == 0)
                    before = _firstFactors[tag];
                for (int other = 0; other < _tags && word > 0; other++)
                    before += _alpha[((word - 1) * _tags) + other] * _factors[(other * _tags) + tag];
                alpha[tag] = before * factors[tag];
                sum += alpha[tag];
            }

            for (int tag = 0; tag < _tags; tag++)
                alpha[tag] /= sum;
            _scales[word] = sum;
            log += Word2VecMath.Log(sum);
        }

        double end = 0;
        for (int tag = 0; tag < _tags; tag++)
            end += _alpha[((length - 1) * _tags) + tag] * _lastFactors[tag];
        _endSum = end;
        return log + Word2VecMath.Log(end);
    }

    private void Backward(ReadOnlySpan<int> gold, double share, Span<float> wordGradient, Span<double> transitionGradient, Span<double> endGradient)
    {
        int length = gold.Length;
        double[] beta = new double[_tags], ahead = new double[_tags];
        for (int tag = 0; tag < _tags; tag++)
            beta[tag] = _lastFactors[tag] / _endSum;
        for (int word = length - 1; word >= 0; word--)
        {
            for (int tag = 0; tag < _tags; tag++)
            {
                double over = _alpha[(word * _tags) + tag] * beta[tag] - (gold[word] == tag ? 1 : 0);
                wordGradient[(word * _tags) + tag] = (float)(over * share);
                if (!endGradient.IsEmpty && word == 0)
                    endGradient[tag] += over * share;
                if (!endGradient.IsEmpty && word == length - 1)
                    endGradient[_tags + tag] += over * share;
                ahead[tag] = _words[(word * _tags) + tag] * beta[tag] / _scales[word];
            }

            if (word == 0)
                return;
            for (int before = 0; before < _tags; before++)
            {
                double sum = 0;
                for (int tag = 0; tag < _tags; tag++)
                {
                    double both = _factors[(before * _tags) + tag] * ahead[tag];
                    sum += both;
                    if (!transitionGradient.IsEmpty)
                        transitionGradient[(before * _tags) + tag] += share * ((_alpha[((word - 1) * _tags) + before] * both) - (gold[word - 1] == before && gold[word] == tag ? 1 : 0));
                }

                beta[before] = sum;
            }
        }
    }

    private static double WordFactors(ReadOnlySpan<float> scores, Span<double> factors)
    {
        double highest = scores[0];
        foreach (float score in scores)
            highest = Math.Max(highest, score);
        for (int tag = 0; tag < factors.Length; tag++)
            factors[tag] = Word2VecMath.Exp(Math.Max(scores[tag] - highest, Least));
        return highest;
    }

    /// <summary>e to each score less the highest, and the highest; what is forbidden has the factor zero.</summary>
    private static (double[] Factors, double Log) Factors(double[] scores)
    {
        double highest = scores.Max();
        return ([.. scores.Select(s => double.IsNegativeInfinity(s) ? 0 : Word2VecMath.Exp(Math.Max(s - highest, Least)))], highest);
    }
}
